"""Activations, softmax and log-softmax."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy.typing as npt

from tinygrad_cnn import ops
from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn.nn.functional._operands import check_tensors
from tinygrad_cnn.tensor import Tensor


def relu(input: Tensor, inplace: bool = False) -> Tensor:  # noqa: ARG001
    """Compute max(x, 0); the gradient at 0 is 0.

    Args:
        input: any shape.
        inplace: accepted for PyTorch's sake; the result is a new tensor either way and `input` keeps its values.
    """
    check_tensors("relu", input=input)
    return ops.relu(input)


def sigmoid(input: Tensor) -> Tensor:
    """Compute 1 / (1 + e⁻ˣ), without overflow at either end."""
    check_tensors("sigmoid", input=input)
    return ops.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """Compute the hyperbolic tangent."""
    check_tensors("tanh", input=input)
    return ops.tanh(input)


def softmax(input: Tensor, dim: int | None = None, *, dtype: npt.DTypeLike | None = None) -> Tensor:
    """Compute exp(x) / Σ exp(x) along `dim`.

    Args:
        input: any shape.
        dim: the axis that sums to 1. Leaving it out warns and takes axis 0 of 0-, 1- and 3-d inputs, else axis 1.
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
    return compute(input if dtype is None else input.to(dtype), dim=normalize_dim(op, dim, input.ndim))
