"""Types that every room shares: arrays, shapes, scalars, and the type variable that VJPs are written in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor

Array: TypeAlias = npt.NDArray[Any]
DType: TypeAlias = np.dtype[Any]
Scalar: TypeAlias = bool | int | float
Shape: TypeAlias = tuple[int, ...]
Pair: TypeAlias = tuple[int, int]
Padding2d: TypeAlias = tuple[Pair, Pair]
"""Zeros added around the last two axes: ((top, bottom), (left, right))."""

A = TypeVar("A", Array, "Tensor")
"""An array or a tensor, the same throughout one call: a VJP body is type-checked once as each."""
