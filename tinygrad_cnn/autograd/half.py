"""float16 is a format to store values in: operations compute in float32, forward and backward, and round once.

So sums of float16 values neither overflow nor stop growing, and a number in an operation with a float16 tensor is not
rounded to float16 first. PyTorch does the same on the CPU.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_cnn._dtypes import float16, float32
from tinygrad_cnn._types import Array, DType

HALF = float16.num
"""The value of `dtype.num` for float16; comparing it is faster than comparing dtypes."""


def widened(values: Iterable[Any]) -> list[Any]:
    """Return `values` with float16 arrays as float32."""
    return [
        value.astype(float32) if isinstance(value, np.ndarray) and value.dtype.num == HALF else value
        for value in values
    ]


def narrowed(out: Array, dtype: DType = float16) -> Array:
    """Return the float array `out` in `dtype`, with ∞ for values too large for it; return other arrays unchanged."""
    if out.dtype.kind != "f":
        return out
    with np.errstate(over="ignore"):
        return np.asarray(out).astype(dtype, copy=False)
