"""The affine map of fully connected layers."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array


@np.errstate(over="ignore", invalid="ignore")
def linear(x: Array, w: Array, b: Array | None) -> Array:
    """Return x · wᵀ + b for x (..., I), w (O, I) and b (O,) or None: (..., O)."""
    y = np.matmul(x, w.T)
    if b is not None:
        y += b
    return y
