"""Mutants of a Python function: copies of its source with one mistake each.

There are two sets of mistakes: those that people make in gradients (`mutants`), and those that people make in programs
(`mutants` with ``program=True``), which also have deleted statements, lost results and conditions joined wrongly.
"""

import __future__

import ast
import inspect
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType, FunctionType

PACKAGE = Path(__file__).resolve().parents[2] / "tinygrad_cnn"

_SWAPS = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult],
    ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
    ast.Gt: [ast.GtE, ast.Lt], ast.GtE: [ast.Gt, ast.LtE], ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.GtE],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq],
}  # fmt: skip
_SYMMETRIC = {"add", "multiply", "maximum", "minimum", "max", "min", "array_equal", "product", "lcm", "gcd"}
_PROGRAM_SWAPS = {
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.MatMult: ast.Add,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And,
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
        return self.function.__qualname__, f"{self.before} → {self.after}" if self.ambiguous else self.after

    @property
    def place(self) -> str:
        """The file, from the package's folder, and the line."""
        return f"{source_of(self.function)}:{self.line}"


def source_of(function: FunctionType) -> str:
    """Return the file of `function` from the folder of the package, such as ``optim/sgd.py``."""
    path = Path(function.__code__.co_filename).resolve()
    return path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else path.as_posix()


def program_variants(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what may be written by mistake instead of an expression of any program."""
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(_PROGRAM_SWAPS[type(node.op)](), node.values)
    elif isinstance(node, ast.BinOp) and type(node.op) in _PROGRAM_SWAPS:
        yield ast.BinOp(node.left, _PROGRAM_SWAPS[type(node.op)](), node.right)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _PROGRAM_SWAPS:
        yield ast.Compare(node.left, [_PROGRAM_SWAPS[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield ast.Constant(node.value - 1)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    symmetric = isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _SYMMETRIC
    if not isinstance(node, ast.Subscript) and not symmetric:  # shapes the other way round are a matter of gradients
        yield from variants(node)


def variants(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what may be written by mistake instead of an expression of a gradient."""
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
    if isinstance(node, ast.JoinedStr | ast.ExceptHandler):
        return  # a text for people; exceptions that are handled alike, in any order
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "args") and not isinstance(node, ast.Call):
            continue
        if isinstance(value, list):
            unordered = isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn)
            for i, child in enumerate(value):
                if isinstance(child, ast.expr) and not (unordered and isinstance(child, ast.Tuple)):
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


def _deletions(function: ast.FunctionDef) -> Iterator[tuple[list[ast.stmt], int, ast.stmt]]:
    """Yield each statement that may be forgotten, as a position in a block, with what then stands there."""
    bound = Counter(
        node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    bound.update(arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg))
    for node in ast.walk(function):
        for block in ("body", "orelse", "finalbody"):
            statements = getattr(node, block, None)
            for i, statement in enumerate(statements if isinstance(statements, list) else ()):
                if isinstance(statement, ast.Return) and statement.value is not None:
                    if not (isinstance(statement.value, ast.Constant) and statement.value.value is None):
                        yield statements, i, ast.Return()
                elif _may_be_forgotten(statement, bound):
                    yield statements, i, ast.Pass()


def _may_be_forgotten(statement: ast.stmt, bound: Counter[str]) -> bool:
    """Return whether a function may do without a statement; `bound` counts how often each name is bound in it."""
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]  # a name that is bound nowhere else raises a NameError where it is read
        return not (isinstance(target, ast.Name) and bound[target.id] < 2)
    if isinstance(statement, ast.AnnAssign):
        return not isinstance(statement.target, ast.Name)
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Return | ast.Raise | ast.AugAssign | ast.Break | ast.Continue | ast.Delete)


def _head(statement: ast.stmt) -> str:
    """Return the text of a statement, of its first line if others are nested in it."""
    text = ast.unparse(statement)
    return text.splitlines()[0] if hasattr(statement, "body") else text


def mutants(function: FunctionType, *, program: bool = False) -> list[Mutant]:
    """Return the mutants of `function`, those that read the same left out.

    Args:
        function: what to make mistakes in.
        program: make the mistakes of programs in general, not those of gradients.
    """
    lines, start = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError(f"expected {function} to be written with def")
    definition.decorator_list = []
    seen = {ast.unparse(tree)}
    found = []

    def note(statement: ast.stmt, before: str, after: str | None = None) -> None:
        text = ast.unparse(tree)
        if text not in seen:
            seen.add(text)
            line = start + statement.lineno - 1
            found.append(Mutant(function, line, before, after or _head(statement), _compiled(text, function)))

    if program:
        for block, i, instead in list(_deletions(definition)):
            statement, before = block[i], _head(block[i])
            block[i] = instead
            note(statement, before, "return" if isinstance(instead, ast.Return) else f"(deleted) {before}")
            block[i] = statement
    for statement in _statements(definition):
        before = _head(statement)
        value = statement.value if isinstance(statement, ast.Return) else None
        if value is not None and not program and not isinstance(value, ast.UnaryOp):
            statement.value = ast.UnaryOp(ast.USub(), value)  # a minus that is there is dropped below
            note(statement, before)
            statement.value = value
        if isinstance(statement, ast.If):
            test = statement.test
            statement.test = ast.UnaryOp(ast.Not(), test)
            note(statement, before)
            statement.test = test
        for put, child in list(_edges(statement)):
            for variant in program_variants(child) if program else variants(child):
                put(variant)
                note(statement, before)
            put(child)
    read = Counter(one.after for one in found)
    return [replace(one, ambiguous=read[one.after] > 1) for one in found]


def _compiled(definition: str, function: FunctionType) -> CodeType:
    """Return the code of the function that `definition` defines, fit to take the place of that of `function`."""
    free = function.__code__.co_freevars
    kept = f"    if False:\n        {', '.join(free)}\n" if free else ""  # a variable that is read nowhere else
    body = textwrap.indent(definition, "    ") + "\n" + textwrap.indent(kept, "    ")
    wrapped = f"def factory({', '.join(free)}):\n{body}"
    module = compile(wrapped, f"<mutant of {function.__name__}>", "exec", __future__.annotations.compiler_flag)
    (factory,) = (one for one in module.co_consts if isinstance(one, CodeType))
    (code,) = (one for one in factory.co_consts if isinstance(one, CodeType) and one.co_name == function.__name__)
    return code
