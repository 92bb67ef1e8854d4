"""`compile`: for scripts that call it; operations run as they are written, with or without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
def compile(model: T, **options: object) -> T: ...
@overload
def compile(model: None = None, **options: object) -> Callable[[T], T]: ...
def compile(model: object = None, **options: object) -> object:
    """Return `model`, a module or a function, itself; without one, a decorator that does so.

    Args:
        model: what PyTorch would compile.
        **options: ``mode``, ``backend``, ``fullgraph``, ``dynamic`` and the like; taken and not used.
    """
    return (lambda function: function) if model is None else model


__all__ = ["compile"]
