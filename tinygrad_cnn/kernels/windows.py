"""Sliding windows over the last two axes: what convolution and pooling have in common.

Letters used throughout: N batch, C and O input and output channels, H and W input height and width, KH and KW those
of the window, OH and OW those of the output. A *tap* is one of the KH·KW places in a window.
"""

from __future__ import annotations

from numbers import Number

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinygrad_cnn._types import Array, Padding2d, Pair, Shape


def output_size(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    """Return how many windows fit: ⌊(size + before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1."""
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def pad2d(x: Array, padding: Padding2d, value: Number | float = 0) -> Array:
    """Return `x` (N, C, H, W) with `value` around the last two axes; `x` itself where there is nothing to add."""
    (top, bottom), (left, right) = padding
    if not (top or bottom or left or right):
        return x
    n, c, h, w = x.shape
    out = np.full((n, c, h + top + bottom, w + left + right), value, x.dtype)
    out[:, :, top : top + h, left : left + w] = x
    return out


def windows(x: Array, kernel_size: Pair, stride: Pair, dilation: Pair) -> Array:
    """Return a view (N, C, KH, KW, OH, OW): ``[n, c, i, j]`` is what tap (i, j) sees at every output place.

    Within one tap no element appears twice, so adding into a tap of a writable view is safe.
    """
    n, c, h, w = x.shape
    (kh, kw), (sh, sw), (dh, dw) = kernel_size, stride, dilation
    oh = output_size(h, kh, sh, 0, 0, dh)
    ow = output_size(w, kw, sw, 0, 0, dw)
    sn, sc, sy, sx = x.strides
    return as_strided(x, (n, c, kh, kw, oh, ow), (sn, sc, sy * dh, sx * dw, sy * sh, sx * sw))


def fold(taps: Array, size: Shape, stride: Pair, padding: Padding2d, dilation: Pair) -> Array:
    """Add windows back where `windows` took them from: the transpose of padding and `windows`.

    Args:
        taps: (N, C, KH, KW, OH, OW).
        size: (H, W) of the result, without the padding.
        stride, padding, dilation: as the windows were taken.

    Returns:
        (N, C, H, W).
    """
    n, c, kh, kw = taps.shape[:4]
    (top, bottom), (left, right) = padding
    h, w = size
    out = np.zeros((n, c, h + top + bottom, w + left + right), taps.dtype)
    view = windows(out, (kh, kw), stride, dilation)
    for i in range(kh):
        for j in range(kw):
            view[:, :, i, j] += taps[:, :, i, j]
    return out[:, :, top : top + h, left : left + w]
