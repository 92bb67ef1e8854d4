"""No circle of imports is larger than two files, with the imports that only type checkers read."""

import ast
from pathlib import Path

import tinygrad_cnn

PACKAGE = Path(tinygrad_cnn.__file__).parent

KNOWN: set[frozenset[str]] = set()
"""The larger circles that are left, each as the names of its files within the package."""


def name_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(source, modules):
    """Return those of `modules` that `source` imports: a name that is no module is one of the package before it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            full = {f"{node.module}.{alias.name}": node.module for alias in node.names}
            found.update(name if name in modules else package for name, package in full.items())
    return found & set(modules)


def circles(graph):
    """Return the strongly connected components of more than one vertex, by Tarjan's algorithm."""
    order, low, stack, found = {}, {}, [], []

    def visit(vertex):
        order[vertex] = low[vertex] = len(order)
        stack.append(vertex)
        for other in graph[vertex]:
            if other not in order:
                visit(other)
                low[vertex] = min(low[vertex], low[other])
            elif other in stack:
                low[vertex] = min(low[vertex], order[other])
        if low[vertex] == order[vertex]:
            component = stack[stack.index(vertex) :]
            del stack[stack.index(vertex) :]
            if len(component) > 1:
                found.append(frozenset(component))

    for vertex in graph:
        if vertex not in order:
            visit(vertex)
    return found


def test_circles_are_found():
    assert circles({"a": "b", "b": "c", "c": "a", "d": "ae", "e": "d", "f": "f"}) == [set("abc"), set("de")]


def test_imports_are_resolved_to_files():
    modules = {"p", "p.a", "p.a.b", "q"}
    source = (
        "import q\nfrom p import a\nfrom p.a import b, name\nif TYPE_CHECKING:\n    from p import other\nimport numpy"
    )
    assert imports_of(source, modules) == {"q", "p.a", "p.a.b", "p"}


def test_no_circle_is_larger_than_two_files():
    graph = {name: imports_of(path.read_text(encoding="utf-8"), MODULES) - {name} for name, path in MODULES.items()}
    found = [circle for circle in circles(graph) if len(circle) > 2]
    larger = {frozenset(name.removeprefix("tinygrad_cnn.") for name in circle) for circle in found}
    assert larger == KNOWN, sorted(map(sorted, larger - KNOWN))
