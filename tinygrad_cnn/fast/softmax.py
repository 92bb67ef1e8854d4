"""Calls of the compiled softmax; `tinygrad_cnn.kernels.softmax` defines what each function computes."""

from __future__ import annotations

from tinygrad_cnn._types import Array
from tinygrad_cnn.fast.arrays import contiguous, float32, usable
from tinygrad_cnn.fast.dispatch import numpy_kernels
from tinygrad_cnn.fast.memory import empty
from tinygrad_cnn.fast.native import native


def softmax(x: Array, *, dim: int) -> Array:
    """Compute `kernels.softmax` along the last axis."""
    return _softmax(x, dim, "softmax")


def log_softmax(x: Array, *, dim: int) -> Array:
    """Compute `kernels.log_softmax` along the last axis."""
    return _softmax(x, dim, "log_softmax")


def _softmax(x: Array, dim: int, name: str) -> Array:
    if not usable(x) or not x.ndim or dim not in (-1, x.ndim - 1):
        return numpy_kernels[name](x, dim=dim)
    y = empty(x.shape, float32)
    native.softmax(contiguous(x), y, x.shape[-1], name == "log_softmax")
    return y
