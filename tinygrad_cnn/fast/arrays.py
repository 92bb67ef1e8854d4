"""What compiled kernels take: float32 arrays with an element, their elements one after another."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array

float32 = np.dtype(np.float32)


def usable(*arrays: Any) -> bool:
    """Tell whether all of `arrays` are arrays of float32 values, at least one each; None counts as one.

    NumPy's scalars, which kernels may be given in place of 0-d arrays, are not.
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
    """Return `a` with its elements one after another: itself, or a copy."""
    return a if a.flags.c_contiguous else np.ascontiguousarray(a)


def ready(*arrays: Any) -> list[Any] | None:
    """Return `arrays` as kernels that look for themselves take them, copied if need be; None if one is not `usable`."""
    if not usable(*arrays):
        return None
    return [None if a is None else contiguous(a) for a in arrays]
