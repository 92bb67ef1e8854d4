"""The geometry of windows for the compiled kernels, checked in Python's integers of any size before C gets it."""

from __future__ import annotations

from tinygrad_cnn._types import Padding2d, Pair, Shape
from tinygrad_cnn.kernels.windows import is_sparse

__all__ = ["as_given"]

_MOST_PLACES = 2**31 - 1
"""The most elements of a padded plane. C takes strides, paddings and dilations, all smaller, as 32-bit numbers."""


def as_given(
    size: Shape, kernel_size: Shape, stride: Pair, padding: Padding2d, dilation: Pair, outputs: Shape
) -> tuple[int, ...]:
    """Return (SH, SW, top, left, DH, DW) for C, or () if NumPy must compute.

    No number is larger than the padded plane, and the plane is not much larger than the input and the output.
    """
    (top, bottom), (left, right) = padding
    window = kernel_size[0], kernel_size[1]
    if min(*outputs, *window, *stride, *dilation) < 1 or is_sparse(size, window, stride, padding, dilation):
        return ()
    sides = size[0] + abs(top) + abs(bottom), size[1] + abs(left) + abs(right)
    if sides[0] * sides[1] > _MOST_PLACES:
        return ()
    spread = [min(gap, side) for gap, side in zip(dilation, sides, strict=True)]  # more only where there is one tap
    reach = [gap * (taps - 1) + 1 for gap, taps in zip(spread, window, strict=True)]
    steps = [one if count > 1 else min(one, most) for one, count, most in zip(stride, outputs, reach, strict=True)]
    return (*steps, top, left, *spread)
