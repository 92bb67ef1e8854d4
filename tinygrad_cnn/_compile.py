"""`compile`, for scripts that call it: it changes nothing, and operations run as they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
def compile(model: T, **options: object) -> T: ...
@overload
def compile(model: None = None, **options: object) -> Callable[[T], T]: ...
def compile(model: object = None, **options: object) -> object:
    """Return `model`, a module or a function, unchanged; without `model`, return a decorator that does so.

    Args:
        model: what PyTorch would compile.
        **options: ``mode``, ``backend``, ``fullgraph``, ``dynamic`` and the like; accepted and not used.
    """
    return (lambda function: function) if model is None else model


__all__ = ["compile"]
