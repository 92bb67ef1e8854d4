"""The live functions of a source file: what a mutant takes the place of."""

from __future__ import annotations

import functools
import gc
import importlib
from collections.abc import Iterator
from types import FunctionType

from mutants import source_of

import tinygrad_cnn

_INNER = ("__wrapped__", "__func__")  # of decorators and operations, of class and static methods


def functions_of(source: str) -> list[FunctionType]:
    """Return the functions and methods that are defined in a file of the package, such as ``optim/sgd.py``.

    Those that are written as a lambda, or made by a function that runs again for each of them, are not among them.
    """
    name = source.removesuffix(".py").removesuffix("__init__").replace("/", ".").strip(".")
    module = importlib.import_module(f"{tinygrad_cnn.__name__}.{name}")
    found: dict[tuple[str, int], FunctionType] = {}
    seen: set[type] = set()
    for value in list(vars(module).values()):
        for function in _within(value, seen):
            if source_of(function) == source and function.__name__ != "<lambda>":
                found.setdefault((function.__qualname__, function.__code__.co_firstlineno), function)
    return list(found.values())


def _within(value: object, seen: set[type]) -> Iterator[FunctionType]:
    """Yield the functions behind a name: without decorators and descriptors, and those of a class one by one."""
    if isinstance(value, type):
        if value not in seen and value.__module__.startswith(tinygrad_cnn.__name__):
            seen.add(value)
            for member in list(vars(value).values()):
                yield from _within(member, seen)
        return
    if isinstance(value, property):
        for part in (value.fget, value.fset, value.fdel):
            yield from _within(part, seen)
        return
    if isinstance(value, functools.cached_property):
        value = value.func
    while not isinstance(value, FunctionType) or hasattr(value, "__wrapped__"):
        inner = next((one for name in _INNER if (one := getattr(value, name, None)) is not None), None)
        if inner is None or inner is value:
            return
        value = inner
    yield value


def caches() -> list[object]:
    """Return the caches of functions of the package: what they hold may have been computed without a mistake."""
    kind = type(functools.cache(lambda: None))
    return [one for one in gc.get_objects() if type(one) is kind and str(one.__module__).startswith("tinygrad_cnn")]


def cached_properties() -> list[tuple[dict[str, object], str]]:
    """Return where objects keep properties that were computed once, with the names: likewise."""
    names: dict[type, list[str]] = {}
    found = []
    for one in gc.get_objects():
        kind = type(one)
        if kind not in names:
            names[kind] = [
                name
                for base in kind.__mro__
                if str(base.__module__).startswith("tinygrad_cnn")
                for name, value in vars(base).items()
                if isinstance(value, functools.cached_property)
            ]
        found += [(vars(one), name) for name in names[kind] if name in vars(one)]
    return found
