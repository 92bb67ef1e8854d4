"""The argument `inplace`: one rule for every function that has it."""

from __future__ import annotations

from collections.abc import Callable

from tinygrad_cnn.ops.inplace import change
from tinygrad_cnn.tensor import Tensor


def apply(
    name: str, op: Callable[..., Tensor], input: Tensor, inplace: bool, *others: Tensor, **attrs: float
) -> Tensor:
    """Return ``op(input, *others, **attrs)``; with `inplace`, write it into `input` and return `input`.

    Raises:
        RuntimeError: in place, `input` is a leaf that requires a gradient while operations are recorded; names `name`.
    """
    return change(name, input, op, *others, **attrs) if inplace else op(input, *others, **attrs)
