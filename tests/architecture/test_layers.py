"""The shape of the code base: who may import whom, what is exported, what a VJP body may contain."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import tinygrad_cnn
from tinygrad_cnn.autograd import registry

PACKAGE = Path(tinygrad_cnn.__file__).parent

LAYERS = [
    ("_types",),
    (
        "_checks",
        "_compile",
        "_dtypes",
        "_files",
        "_output",
        "_reprs",
        "_startup",
        "amp",
        "declined",
        "accelerator",
        "backends",
        "device",
        "memory_format",
        "printing",
        "size",
    ),
    ("kernels", "autograd", "cuda"),
    ("ops",),
    ("_arrays", "random", "numpy_functions", "spellings"),
    ("sampling", "numpy_protocol"),
    ("methods",),
    ("tensor",),
    ("creation", "inspection", "typed"),
    ("drawing",),
    ("autograd.functional", "nn.functional", "nn.init", "nn.parameter", "gradcheck", "graph"),
    ("nn", "optim", "data"),
    ("models", "utils"),
    ("interop", "report"),
    ("train",),
    ("demo", "fast"),
    ("cli", ""),
]
"""From the bottom up: a module may import from its own room and from lower layers, not from a neighbour."""

LIGHT = {"numpy", "graphviz", "typing_extensions"}
"""Third-party packages that may be imported when the package is."""


def room(module):
    """Return the entry of LAYERS that `module` belongs to, and its height."""
    name = module.removeprefix("tinygrad_cnn").removeprefix(".")
    best = None
    for height, names in enumerate(LAYERS):
        for entry in names:
            inside = entry and (name == entry or name.startswith(entry + "."))
            if inside and (best is None or len(entry) > len(best[0])):
                best = (entry, height)
    if best is None and "." not in name and (not name or name == "__init__"):
        best = ("", len(LAYERS) - 1)
    assert best is not None, f"{module} has no place in LAYERS"
    return best


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = list(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        yield ".".join(parts), path


MODULES = dict(modules())


def runtime_imports(tree):
    """Yield (names, top-level?) of every import that runs, those under `if TYPE_CHECKING:` left out."""

    def visit(node, top):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                yield [alias.name for alias in child.names], top
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, "imports are absolute"
                found = []
                for alias in child.names:
                    full = f"{child.module}.{alias.name}"
                    found.append(full if full in MODULES else child.module)
                yield found, top
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from visit(child, top and not inside)

    yield from visit(tree, True)


@pytest.mark.parametrize("name", list(MODULES))
def test_imports_go_one_way(name):
    here, height = room(name)
    for names, _ in runtime_imports(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        for target in names:
            if not target.startswith("tinygrad_cnn") or target == "tinygrad_cnn":
                continue
            there, low = room(target)
            own = there == here or (here.startswith("nn") and there.startswith("nn") and low <= height)
            assert own or low < height, f"{name} ({here}) must not import {target} ({there})"


LOADED_WITH_THE_PACKAGE = [name for name in MODULES if not name.startswith(("tinygrad_cnn.cli", "tinygrad_cnn.demo"))]


@pytest.mark.parametrize("name", LOADED_WITH_THE_PACKAGE)
def test_heavy_packages_are_imported_when_used(name):
    for names, top in runtime_imports(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        for target in names:
            first = target.split(".")[0]
            known = first in LIGHT or first == "tinygrad_cnn" or first in __import__("sys").stdlib_module_names
            assert known or not top, f"{name} imports {first} when it is loaded; import it where it is used"


EXPORTS_ALL = {"tinygrad_cnn.kernels", "tinygrad_cnn.ops"}
"""Packages whose `__init__` exports all that it imports; pyproject.toml names them for ruff and mypy."""


@pytest.mark.parametrize("name", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_exports_exist_once(name):
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", None)
    if exported is None:
        functions = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        assert name in EXPORTS_ALL or not functions, f"{name} lacks __all__"
        return
    assert len(set(exported)) == len(exported)
    for key in exported:
        assert hasattr(module, key), f"{name}.{key} is exported but does not exist"


def vjps():
    for op in registry.values():
        for i, vjp in enumerate(op.vjps):
            if vjp is not None and vjp.__module__.startswith("tinygrad_cnn"):
                yield pytest.param(op, i, vjp, id=f"{op.name}-{i}")
        if op.variadic is not None and op.variadic.__module__.startswith("tinygrad_cnn"):
            yield pytest.param(op, "n", op.variadic, id=f"{op.name}-n")


@pytest.mark.parametrize(("op", "i", "vjp"), list(vjps()))
def test_a_vjp_uses_only_operators_and_operations(op, i, vjp):
    tree = ast.parse(inspect.getsource(vjp))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            allowed = node.attr in {"shape", "dtype", "ndim", "vjp", "vjp_n"}
            assert allowed, f"{vjp.__name__}: {text} is NumPy's or a method; write it with operators and ops"
        if isinstance(node, ast.Name):
            assert node.id not in {"np", "numpy"}, f"{vjp.__name__} uses NumPy directly"


@pytest.mark.parametrize(("op", "i", "vjp"), list(vjps()))
def test_a_vjp_is_found_by_its_name(op, i, vjp):
    """The name is bound to the function, which may be that of another operation with the same formula."""
    assert getattr(importlib.import_module(vjp.__module__), f"{op.name}_vjp_{i}") is vjp


NAMED = {f"{op.name}_vjp_{i}": vjp for op, i, vjp in (one.values for one in vjps())}


@pytest.mark.parametrize(("op", "i", "vjp"), list(vjps()))
def test_a_vjp_has_the_name_of_an_operation_that_it_belongs_to(op, i, vjp):
    """A traceback shows this name: that of the operation, or of another one with the same formula."""
    assert NAMED.get(vjp.__name__) is vjp, f"{op.name}, input {i}: the VJP is named {vjp.__name__}"


def test_files_stay_small_enough_to_hold_in_the_head():
    long = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    lists = {"tinygrad_cnn", "tinygrad_cnn.tensor", "tinygrad_cnn.ops"}  # one line for every name or operator
    assert {name: lines for name, lines in long.items() if lines > (600 if name in lists else 320)} == {}
