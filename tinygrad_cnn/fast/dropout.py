"""The call of the compiled dropout; `tinygrad_cnn.kernels.dropout` defines what it computes."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.fast.arrays import contiguous, float32, usable
from tinygrad_cnn.fast.dispatch import numpy_kernels
from tinygrad_cnn.fast.memory import empty
from tinygrad_cnn.fast.native import native


def dropout(x: Array, keep: Array, *, p: float) -> Array:
    """Compute `kernels.dropout` for a mask of the shape of x."""
    if usable(x) and isinstance(keep, np.ndarray) and keep.dtype == bool and keep.shape == x.shape:
        y = empty(x.shape, float32)
        native.dropout(contiguous(x), contiguous(keep), y, 0 if p == 1 else 1 / (1 - p))
        return y
    return numpy_kernels["dropout"](x, keep, p=p)
