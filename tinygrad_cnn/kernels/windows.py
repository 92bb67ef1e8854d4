"""Sliding windows over the last two axes: what convolution and pooling have in common.

Letters used throughout: N batch, C and O input and output channels, H and W input height and width, KH and KW those
of the window, OH and OW those of the output. A *tap* is one of the KH·KW places in a window.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinygrad_cnn._types import Array, Padding2d, Pair, Shape
from tinygrad_cnn.kernels.pad import pad_constant


def output_size(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    """Return how many windows fit: ⌊(size + before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1."""
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def pad2d(x: Array, padding: Padding2d, value: float = 0) -> Array:
    """Return `x` (N, C, H, W) with `value` around the last two axes; negative padding cuts places off."""
    return pad_constant(x, ((0, 0), (0, 0), *padding), value)


_ONE_PLACE: dict[str, Any] = {
    "kernel_size": 1, "stride": 1, "dilation": 1, "input_size": 1, "padding": (0, 0), "counted": (0, 0),
}  # fmt: skip


def lift(how: dict[str, Any]) -> dict[str, Any]:
    """Return the geometry of windows over one axis as over two, of which the first has one place."""
    return {name: (_ONE_PLACE[name], *value) if name in _ONE_PLACE else value for name, value in how.items()}


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
    return pad2d(out, ((-top, -bottom), (-left, -right)))
