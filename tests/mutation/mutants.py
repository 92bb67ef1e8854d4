"""Mutants of a function: copies of its source with one mistake each, of the kinds that people make in gradients."""

import __future__

import ast
import copy
import inspect
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType

_SWAPS = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult],
    ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
    ast.Gt: [ast.GtE, ast.Lt], ast.GtE: [ast.Gt, ast.LtE], ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.GtE],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq],
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Attributes:
        function: the function it is made in.
        line: of the file, where the statement begins.
        before, after: the statement as it is written, and with the mistake.
        code: what to run in place of the function's own.
        ambiguous: whether another mutant of the function reads the same in `after`.
    """

    function: FunctionType
    line: int
    before: str
    after: str
    code: CodeType = field(repr=False, compare=False)
    ambiguous: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What tells this mutant from all others: the function's name and the mistaken statement.

        Where two statements become the same by mistake, what is written is added.
        """
        return self.function.__name__, f"{self.before} → {self.after}" if self.ambiguous else self.after


def variants(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what may be written by mistake instead of an expression."""
    if isinstance(node, ast.BinOp):
        for other in _SWAPS.get(type(node.op), []):
            yield ast.BinOp(node.left, other(), node.right)
        if isinstance(node.op, ast.Add | ast.Sub):
            yield ast.BinOp(ast.UnaryOp(ast.USub(), node.left), node.op, node.right)
        yield node.left
        yield node.right
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in _SWAPS.get(type(op), []):
                yield ast.Compare(node.left, [*node.ops[:i], other(), *node.ops[i + 1 :]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield from node.values
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Constant):
        yield from _numbers(node.value)
    elif isinstance(node, ast.Tuple | ast.List):
        for i in range(len(node.elts) - 1):
            yield type(node)(_exchanged(node.elts, i), node.ctx)
    elif isinstance(node, ast.Call):
        for i in range(len(node.args) - 1):
            yield ast.Call(node.func, _exchanged(node.args, i), node.keywords)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        backwards = ast.Slice(step=ast.UnaryOp(ast.USub(), ast.Constant(1)))  # (H, W) taken as (W, H)
        yield ast.Subscript(node, backwards, node.ctx)


def _numbers(value: object) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(1 if value == 2 else value + 1)


def _exchanged(parts: list[ast.expr], i: int) -> list[ast.expr]:
    return [*parts[:i], parts[i + 1], parts[i], *parts[i + 2 :]]


def _edges(node: ast.AST) -> Iterator[tuple[Callable[[ast.expr], None], ast.expr]]:
    """Yield every expression under `node` that computes something, with a way to put another in its place."""
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return  # of zip: a check, not a part of the computation
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "args") and not isinstance(node, ast.Call):
            continue
        if isinstance(value, list):
            for i, child in enumerate(value):
                if isinstance(child, ast.expr):
                    yield lambda new, value=value, i=i: value.__setitem__(i, new), child
                if isinstance(child, ast.AST) and not isinstance(child, ast.stmt):
                    yield from _edges(child)
        elif isinstance(value, ast.AST):
            if isinstance(value, ast.expr):
                yield lambda new, node=node, name=name: setattr(node, name, new), value
            yield from _edges(value)


def _statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    for node in ast.walk(function):
        said = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)  # a docstring
        if isinstance(node, ast.stmt) and node is not function and not said and not isinstance(node, ast.Raise):
            yield node


def _head(statement: ast.stmt) -> str:
    """Return the text of a statement, of its first line if others are nested in it."""
    text = ast.unparse(statement)
    return text.splitlines()[0] if hasattr(statement, "body") else text


def mutants(function: FunctionType) -> list[Mutant]:
    """Return the mutants of `function`, those that read the same left out."""
    lines, start = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError(f"expected {function} to be written with def")
    definition.decorator_list = []
    seen = {ast.unparse(tree)}
    found = []
    for statement in _statements(definition):
        before = _head(statement)

        def note(statement: ast.stmt = statement, before: str = before) -> None:
            text = ast.unparse(tree)
            if text not in seen:
                seen.add(text)
                code = _compiled(tree, function)
                found.append(Mutant(function, start + statement.lineno - 1, before, _head(statement), code))

        value = statement.value if isinstance(statement, ast.Return) else None
        if isinstance(statement, ast.Return) and value is not None and not isinstance(value, ast.UnaryOp):
            statement.value = ast.UnaryOp(ast.USub(), value)  # a minus that is there is dropped below
            note()
            statement.value = value
        if isinstance(statement, ast.If):
            test = statement.test
            statement.test = ast.UnaryOp(ast.Not(), test)
            note()
            statement.test = test
        for put, child in list(_edges(statement)):
            for variant in variants(child):
                put(variant)
                note()
            put(child)
    read = Counter(one.after for one in found)
    return [replace(one, ambiguous=read[one.after] > 1) for one in found]


def _compiled(tree: ast.Module, function: FunctionType) -> CodeType:
    """Return the code of the one function in `tree`, fit to take the place of that of `function`."""
    definition = ast.unparse(copy.deepcopy(tree))
    free = function.__code__.co_freevars
    wrapped = f"def factory({', '.join(free)}):\n{textwrap.indent(definition, '    ')}\n"
    module = compile(wrapped, f"<mutant of {function.__name__}>", "exec", __future__.annotations.compiler_flag)
    (factory,) = (one for one in module.co_consts if isinstance(one, CodeType))
    (code,) = (one for one in factory.co_consts if isinstance(one, CodeType) and one.co_name == function.__name__)
    return code
