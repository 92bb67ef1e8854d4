"""Softmax and its logarithm."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy.typing as npt

from tinygrad_cnn import ops
from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn.nn.functional._operands import check_floating, check_tensors
from tinygrad_cnn.tensor import Tensor

__all__ = ["log_softmax", "softmax"]


def softmax(input: Tensor, dim: int | None = None, *, dtype: npt.DTypeLike | None = None) -> Tensor:
    """Compute exp(x) / Σ exp(x) along `dim`.

    Args:
        input: any shape.
        dim: the axis along which the result sums to 1. Without it, axis 0 is taken for 0-, 1- and 3-d inputs and axis 1
            for others, with a warning.
        dtype: convert `input` to this dtype first.
    """
    return _along("softmax", ops.softmax, input, dim, dtype)


def log_softmax(input: Tensor, dim: int | None = None, *, dtype: npt.DTypeLike | None = None) -> Tensor:
    """Compute x − log Σ exp(x) along `dim`; arguments as for `softmax`."""
    return _along("log_softmax", ops.log_softmax, input, dim, dtype)


def _along(
    op: str, compute: Callable[..., Tensor], input: Tensor, dim: int | None, dtype: npt.DTypeLike | None
) -> Tensor:
    """Apply `compute` along the checked axis `dim`."""
    check_tensors(op, input=input)
    if dim is None:
        dim = 0 if input.ndim in (0, 1, 3) else 1
        warnings.warn(
            f"{op}: the axis is left to be guessed, and dim={dim} is taken for shape {input.shape}; pass dim=",
            UserWarning,
            stacklevel=3,
        )
    x = input if dtype is None else input.to(dtype=dtype)
    check_floating(op, "input", x)
    return compute(x, dim=normalize_dim(op, dim, input.ndim))
