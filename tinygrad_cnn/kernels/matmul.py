"""Products of matrices."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array


@np.errstate(over="ignore", invalid="ignore")
def matmul(a: Array, b: Array) -> Array:
    """Return a · b, as `numpy.matmul` does: of matrices, of stacks of them, or of vectors."""
    return np.matmul(a, b)
