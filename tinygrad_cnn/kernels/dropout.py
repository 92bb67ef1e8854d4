"""Dropout."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array


def dropout(x: Array, keep: Array, p: float) -> Array:
    """Return x · keep / (1 − p), or 0 · x if p = 1.

    Args:
        keep: booleans that broadcast to the shape of x.
    """
    return np.multiply(x, np.multiply(keep, 0 if p == 1 else 1 / (1 - p), dtype=x.dtype))
