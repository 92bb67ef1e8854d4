"""Products of matrices."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels.forms import accelerated


@accelerated
def matmul(a: Array, b: Array) -> Array:
    """Return a · b, as `numpy.matmul` does: of matrices, of stacks of them, or of vectors."""
    return np.matmul(a, b)


@accelerated
def linear(x: Array, w: Array, b: Array | None) -> Array:
    """Return x · wᵀ + b for x (..., I), w (O, I) and b (O,) or None: (..., O)."""
    y = np.matmul(x, w.T)
    if b is not None:
        y += b
    return y
