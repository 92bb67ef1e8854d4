"""Types that every room shares: arrays, shapes and scalars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
DType: TypeAlias = np.dtype[Any]
DTypeLike: TypeAlias = npt.DTypeLike | None
Scalar: TypeAlias = bool | int | float
Shape: TypeAlias = tuple[int, ...]
Sizes: TypeAlias = SupportsIndex | Sequence[SupportsIndex]
"""One size of several that are given one by one, or all of them as a sequence."""

Pair: TypeAlias = tuple[int, int]
Around: TypeAlias = tuple[Pair, ...]
"""How much is added before and after, for each axis."""

Padding2d: TypeAlias = tuple[Pair, Pair]
"""Zeros added around the last two axes: ((top, bottom), (left, right))."""
