"""Questions about tensors, as functions."""

from __future__ import annotations

from typing import TypeGuard

from tinygrad_cnn.tensor import Tensor


def is_tensor(obj: object) -> TypeGuard[Tensor]:
    """Return whether `obj` is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Return whether the elements are floating point."""
    return _checked("is_floating_point", input).is_floating_point()


def numel(input: Tensor) -> int:
    """Return the number of elements."""
    return _checked("numel", input).numel()


def _checked(op: str, input: Tensor) -> Tensor:
    if not isinstance(input, Tensor):
        raise TypeError(f"{op}: expected input as a tensor, got {type(input).__name__}")
    return input
