"""Calls of the compiled pooling kernels; `tinygrad_cnn.kernels.pool` says what each computes."""

from __future__ import annotations

from functools import lru_cache
from typing import TypedDict

import numpy as np
from typing_extensions import Unpack

from tinygrad_cnn._types import Array, Padding2d, Pair, Shape
from tinygrad_cnn.fast.arrays import contiguous, float32, usable
from tinygrad_cnn.fast.dispatch import numpy_kernels
from tinygrad_cnn.fast.memory import empty
from tinygrad_cnn.fast.native import DONE, check_memory, native
from tinygrad_cnn.fast.windows import as_given
from tinygrad_cnn.kernels.pool import divisors
from tinygrad_cnn.kernels.windows import lift, output_size

_max_pool2d, _scatter, _gather = native.max_pool2d, native.max_pool2d_scatter, native.max_pool2d_gather
_avg_pool2d, _avg_pool2d_input = native.avg_pool2d, native.avg_pool2d_input
_uint8 = np.dtype(np.uint8)
_MOST_TAPS = 256
"""Of a window whose winner is kept in one byte."""

_LONGEST = 1024
"""Rows or columns of a window whose average is taken here."""


class _Windows(TypedDict):
    """The static arguments of max-pooling."""

    kernel_size: Pair
    stride: Pair
    padding: Padding2d
    dilation: Pair


class _Averages(TypedDict):
    """The static arguments of average pooling."""

    kernel_size: Pair
    stride: Pair
    padding: Padding2d
    counted: Padding2d
    divisor_override: int | None


@lru_cache(maxsize=1024)
def _geometry(
    size: Shape, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair
) -> tuple[Shape, tuple[int, ...]] | None:
    """Return (OH, OW) of windows over (H, W), and the numbers that kernels take; None where NumPy is to compute."""
    (top, bottom), (left, right) = padding
    oh = output_size(size[0], kernel_size[0], stride[0], top, bottom, dilation[0])
    ow = output_size(size[1], kernel_size[1], stride[1], left, right, dilation[1])
    found = as_given(size, kernel_size, stride, padding, dilation, (oh, ow))
    if not found or min(top, bottom, left, right) < 0:  # windows are not to cut places off
        return None
    return (oh, ow), (*kernel_size, *found)


def _are_taps(taps: Array, shape: Shape) -> bool:
    return isinstance(taps, np.ndarray) and taps.dtype == _uint8 and taps.shape == shape


def max_pool2d(x: Array, **how: Unpack[_Windows]) -> tuple[Array, Array]:
    """Compute `kernels.max_pool2d`."""
    kernel_size = how["kernel_size"]
    if usable(x) and kernel_size[0] * kernel_size[1] <= _MOST_TAPS:
        known = _geometry(x.shape[2:], kernel_size, how["stride"], how["padding"], how["dilation"])
        if known is not None:
            shape = (*x.shape[:2], *known[0])
            y, taps = empty(shape, float32), empty(shape, _uint8)
            answer = _max_pool2d(contiguous(x), y, taps, *known[1])
            if answer != DONE:
                check_memory("max_pool2d", answer)
            return y, taps
    return numpy_kernels["max_pool2d"](x, **how)


def max_pool1d(x: Array, **how: object) -> tuple[Array, Array]:
    """Compute `kernels.max_pool1d`: one row of `max_pool2d`."""
    y, taps = max_pool2d(x[:, :, None], **lift(how))
    return y[:, :, 0], taps[:, :, 0]


def max_pool2d_scatter(g: Array, taps: Array, *, input_size: Shape, **how: Unpack[_Windows]) -> Array:
    """Compute `kernels.max_pool2d_scatter`."""
    known = _geometry(input_size, how["kernel_size"], how["stride"], how["padding"], how["dilation"])
    if known is not None and usable(g) and _are_taps(taps, (*g.shape[:2], *known[0])):
        gx = empty((*g.shape[:2], *input_size), float32)
        _scatter(contiguous(g), contiguous(taps), gx, *known[1])
        return gx
    return numpy_kernels["max_pool2d_scatter"](g, taps, input_size=input_size, **how)


def max_pool2d_gather(x: Array, taps: Array, **how: Unpack[_Windows]) -> Array:
    """Compute `kernels.max_pool2d_gather`."""
    known = _geometry(x.shape[2:], how["kernel_size"], how["stride"], how["padding"], how["dilation"])
    if known is not None and usable(x) and _are_taps(taps, (*x.shape[:2], *known[0])):
        y = empty(taps.shape, float32)
        _gather(contiguous(x), contiguous(taps), y, *known[1])
        return y
    return numpy_kernels["max_pool2d_gather"](x, taps, **how)


def _shares(input_size: Shape, places: Shape, **how: Unpack[_Averages]) -> tuple[Array | None, float]:
    """Return what each window's sum is divided by: an array (OH, OW), or None and the number that holds everywhere."""
    found = divisors(input_size, **how)
    if not isinstance(found, np.ndarray):
        return None, found
    return np.ascontiguousarray(np.broadcast_to(found, places), float32), 0


def avg_pool2d(x: Array, **how: Unpack[_Averages]) -> Array:
    """Compute `kernels.avg_pool2d`, but for windows so long that adding them up term by term would cost accuracy."""
    if usable(x) and max(how["kernel_size"]) <= _LONGEST:
        known = _geometry(x.shape[2:], how["kernel_size"], how["stride"], how["padding"], (1, 1))
        if known is not None:
            share, divisor = _shares(x.shape[2:], known[0], **how)
            y = empty((*x.shape[:2], *known[0]), float32)
            answer = _avg_pool2d(contiguous(x), share, divisor, y, *known[1][:6])
            if answer != DONE:
                check_memory("avg_pool2d", answer)
            return y
    return numpy_kernels["avg_pool2d"](x, **how)


def avg_pool1d(x: Array, **how: object) -> Array:
    """Compute `kernels.avg_pool1d`: one row of `avg_pool2d`."""
    return avg_pool2d(x[:, :, None], **lift(how))[:, :, 0]


def avg_pool2d_input(g: Array, *, input_size: Shape, **how: Unpack[_Averages]) -> Array:
    """Compute `kernels.avg_pool2d_input`."""
    known = _geometry(input_size, how["kernel_size"], how["stride"], how["padding"], (1, 1))
    if known is not None and usable(g) and known[0] == g.shape[2:]:
        share, divisor = _shares(input_size, g.shape[2:], **how)
        gx = empty((*g.shape[:2], *input_size), float32)
        answer = _avg_pool2d_input(contiguous(g), share, divisor, gx, *known[1][:6])
        if answer != DONE:
            check_memory("avg_pool2d_input", answer)
        return gx
    return numpy_kernels["avg_pool2d_input"](g, input_size=input_size, **how)
