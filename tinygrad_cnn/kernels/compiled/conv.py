"""Calls of the compiled convolutions; `tinygrad_cnn.kernels.conv` says what each computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array, Padding2d, Pair, Shape
from tinygrad_cnn.kernels.buffers import empty
from tinygrad_cnn.kernels.compiled.native import native
from tinygrad_cnn.kernels.windows import output_size

__all__ = ["conv2d", "conv2d_input", "conv2d_weight"]

_float32 = np.dtype(np.float32)
_conv2d, _conv2d_input, _conv2d_weight = native.conv2d, native.conv2d_input, native.conv2d_weight


def usable(*arrays: Array | None) -> bool:
    """Tell whether all of `arrays` hold float32 values, at least one each."""
    return all(a is None or (a.dtype == _float32 and a.size > 0) for a in arrays)


def contiguous(a: Array) -> Array:
    """Return `a` with its elements one after another: itself, or a copy."""
    return a if a.flags.c_contiguous else np.ascontiguousarray(a)


def conv2d(
    x: Array, w: Array, b: Array | None, *, stride: Pair, padding: Padding2d, dilation: Pair, groups: int,
    relu: bool = False,
) -> Any:  # fmt: skip
    """Compute `kernels.conv2d`, and the larger of it and 0 with `relu`."""
    if not usable(x, w, b):
        return NotImplemented
    (top, bottom), (left, right) = padding
    n, _, h, width = x.shape
    o, _, kh, kw = w.shape
    oh = output_size(h, kh, stride[0], top, bottom, dilation[0])
    ow = output_size(width, kw, stride[1], left, right, dilation[1])
    y = empty((n, o, oh, ow), _float32)
    b = None if b is None else contiguous(b)
    if not _conv2d(contiguous(x), contiguous(w), b, y, *stride, top, left, *dilation, groups, relu):
        raise MemoryError("conv2d: not enough memory")
    return y


def conv2d_input(
    g: Array, w: Array, *, input_size: Shape, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> Any:  # fmt: skip
    """Compute `kernels.conv2d_input`."""
    if not usable(g, w) or 0 in input_size:
        return NotImplemented
    gx = empty((g.shape[0], w.shape[1] * groups, *input_size), _float32)
    (top, _), (left, _) = padding
    if not _conv2d_input(contiguous(g), None, contiguous(w), gx, *stride, top, left, *dilation, groups):
        raise MemoryError("conv2d_input: not enough memory")
    return gx


def conv2d_weight(
    x: Array, g: Array, *, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> Any:  # fmt: skip
    """Compute `kernels.conv2d_weight`."""
    if not usable(x, g):
        return NotImplemented
    gw = empty((g.shape[1], x.shape[1] // groups, *kernel_size), _float32)
    (top, _), (left, _) = padding
    if not _conv2d_weight(contiguous(x), contiguous(g), None, gw, *stride, top, left, *dilation, groups):
        raise MemoryError("conv2d_weight: not enough memory")
    return gw
