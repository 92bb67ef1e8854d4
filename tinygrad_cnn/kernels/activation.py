"""ReLU, its gradient, and dropout."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels.forms import accelerated
from tinygrad_cnn.kernels.select import select


@accelerated
def relu(x: Array) -> Array:
    """Return max(x, 0); NaN stays."""
    return np.maximum(x, 0)


@accelerated
def relu_input(g: Array, y: Array) -> Array:
    """Return the gradient of y = relu(x) with respect to x: 0 where y ≤ 0, g elsewhere, so also where y is NaN."""
    return select(y <= 0, 0, g)


@accelerated
def dropout(x: Array, keep: Array, p: float) -> Array:
    """Return x · keep / (1 − p), or 0 · x if p = 1.

    Args:
        keep: booleans that broadcast to the shape of x.
    """
    return np.multiply(x, np.multiply(keep, 0 if p == 1 else 1 / (1 - p), dtype=x.dtype))
