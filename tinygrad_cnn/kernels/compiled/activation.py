"""Calls of the compiled activations; `tinygrad_cnn.kernels.activation` says what each computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._buffers import empty
from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels.compiled.arrays import contiguous, float32, usable
from tinygrad_cnn.kernels.compiled.native import DONE, declined, native

__all__ = ["dropout", "relu", "relu_input"]

_relu, _relu_input, _dropout = native.relu, native.relu_input, native.dropout


def relu(x: Array) -> Any:
    """Compute `kernels.relu`."""
    if x.dtype != float32:
        return NotImplemented
    y = empty(x.shape, float32)
    answer = _relu(x, y)
    if answer == DONE:
        return y
    again = declined("relu", answer, x)
    return NotImplemented if again is None else relu(*again)


def relu_input(g: Array, y: Array) -> Any:
    """Compute `kernels.relu_input`."""
    if g.dtype != float32 or g.shape != y.shape:
        return NotImplemented
    gx = empty(g.shape, float32)
    answer = _relu_input(g, y, gx)
    if answer == DONE:
        return gx
    again = declined("relu_input", answer, g, y)
    return NotImplemented if again is None else relu_input(*again)


def dropout(x: Array, keep: Array, p: float) -> Any:
    """Compute `kernels.dropout`."""
    if not (usable(x) and isinstance(keep, np.ndarray) and keep.dtype == bool and keep.shape == x.shape):
        return NotImplemented
    y = empty(x.shape, float32)
    _dropout(contiguous(x), contiguous(keep), y, 0 if p == 1 else 1 / (1 - p))
    return y
