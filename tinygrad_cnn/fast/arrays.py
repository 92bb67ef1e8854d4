"""Checks and copies of arguments: compiled kernels take contiguous float32 arrays with at least one element."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array

float32 = np.dtype(np.float32)


def usable(*arrays: Any) -> bool:
    """Return whether all of `arrays` are float32 arrays that are not empty, or None.

    NumPy's scalars, which kernels may get in place of 0-d arrays, are not usable.
    """
    for a in arrays:
        if a is None:
            continue
        if a.__class__ is not np.ndarray or not a.size:
            return False
        if a.dtype is not float32 and a.dtype != float32:  # unpickled arrays have an equal dtype of their own
            return False
    return True


def contiguous(a: Array) -> Array:
    """Return `a` if it is C-contiguous, else a contiguous copy."""
    return a if a.flags.c_contiguous else np.ascontiguousarray(a)


def ready(*arrays: Any) -> list[Any] | None:
    """Return `arrays` made contiguous, by copies where needed; None if one is not `usable`."""
    if not usable(*arrays):
        return None
    return [None if a is None else contiguous(a) for a in arrays]
