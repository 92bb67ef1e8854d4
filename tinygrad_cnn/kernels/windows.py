"""Sliding windows over the last two axes, which convolution and pooling share.

Letters used throughout: N batch, C and O input and output channels, H and W input height and width, KH and KW those
of the window, OH and OW those of the output. A *tap* is one of the KH·KW positions in a window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import mul
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinygrad_cnn._types import Array, DType, Padding2d, Pair, Shape
from tinygrad_cnn.kernels.pad import pad_constant


def output_size(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    """Return how many windows fit: ⌊(size + before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1."""
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def pad2d(x: Array, padding: Padding2d, value: float = 0) -> Array:
    """Return `x` (N, C, H, W) with `value` around the last two axes; negative padding cuts positions off."""
    return pad_constant(x, ((0, 0), (0, 0), *padding), value)


_ONE_POSITION: dict[str, Any] = {
    "kernel_size": 1, "stride": 1, "dilation": 1, "input_size": 1, "padding": (0, 0), "counted": (0, 0),
}  # fmt: skip


def lift(how: dict[str, Any]) -> dict[str, Any]:
    """Return the geometry of windows over one axis as one over two axes, the first of length 1."""
    return {name: (_ONE_POSITION[name], *value) if name in _ONE_POSITION else value for name, value in how.items()}


def windows(x: Array, kernel_size: Pair, stride: Pair, dilation: Pair) -> Array:
    """Return a view (N, C, KH, KW, OH, OW): ``[n, c, i, j]`` is what tap (i, j) sees at every output position.

    Within one tap no element appears twice, so adding into a tap of a writable view is safe.
    """
    n, c, h, w = x.shape
    (kh, kw), (sh, sw), (dh, dw) = kernel_size, stride, dilation
    oh = output_size(h, kh, sh, 0, 0, dh)
    ow = output_size(w, kw, sw, 0, 0, dw)
    sn, sc, sy, sx = x.strides
    steps = [step if count > 1 else 0 for step, count in zip((dh, dw, sh, sw), (kh, kw, oh, ow), strict=True)]
    return as_strided(x, (n, c, kh, kw, oh, ow), (sn, sc, *map(mul, (sy, sx, sy, sx), steps)))


def is_sparse(size: Shape, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair) -> bool:
    """Return whether padded images (H, W) would be far larger than the images and the outputs: mostly padding.

    Such images must not be stored: their memory would grow with the stride, padding or dilation, not with the work.
    """
    axes = zip(size, kernel_size, stride, padding, dilation, strict=True)
    return any(
        length + before + after > 4 * (length + max(output_size(length, k, s, before, after, d), 1)) + 256
        for length, k, s, (before, after), d in axes
    )


def taps_on(
    size: Shape, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair, outputs: Shape
) -> tuple[Padding2d, Iterator[tuple[int, Any]]]:
    """Return the padding to put around images (H, W), and for each tap, row-major, the index of the elements it sees.

    The index picks (N, C, OH, OW), each element once. If `is_sparse`, one row and one column stand for all the padding
    and are picked several times, and taps that never see the image are left out.
    """
    (kh, kw), (sh, sw), (dh, dw), (oh, ow) = kernel_size, stride, dilation, outputs
    if is_sparse(size, kernel_size, stride, padding, dilation):
        axes = zip(size, kernel_size, stride, padding, dilation, outputs, strict=True)
        (rows, down), (columns, across) = (_seen(*axis) for axis in axes)
        return ((0, 1), (0, 1)), (
            (int(i) * kw + int(j), (..., row[:, None], column))
            for i, row in zip(rows, down, strict=True)
            for j, column in zip(columns, across, strict=True)
        )
    return padding, (
        (
            i * kw + j,
            (..., slice(i * dh, i * dh + (oh - 1) * sh + 1, sh), slice(j * dw, j * dw + (ow - 1) * sw + 1, sw)),
        )
        for i in range(kh)
        for j in range(kw)
    )


def _seen(size: int, kernel: int, stride: int, padding: Pair, dilation: int, outputs: int) -> tuple[Array, Array]:
    """Return the taps (T,) that ever see the axis, and their positions on it (T, O); `size` stands for the padding."""
    starts = np.arange(outputs) * stride - padding[0]
    first = np.maximum(-(starts // dilation), 0)
    last = np.minimum((size - 1 - starts) // dilation + 1, kernel)
    none = np.arange(0)
    taps = np.unique(np.concatenate([none, *map(np.arange, first, last)]))
    positions = starts + taps[:, None] * dilation
    return taps, np.where((positions >= 0) & (positions < size), positions, size)


def padded_windows(x: Array, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair) -> Array:
    """Return (N, C, KH, KW, OH, OW): the `windows` of x with zeros around it, to be read only."""
    if not is_sparse(x.shape[2:], kernel_size, stride, padding, dilation):
        return windows(pad2d(x, padding), kernel_size, stride, dilation)
    axes = zip(x.shape[2:], kernel_size, stride, padding, dilation, strict=True)
    outputs = tuple([output_size(length, k, s, before, after, d) for length, k, s, (before, after), d in axes])
    found = np.zeros((*x.shape[:2], *kernel_size, *outputs), x.dtype)
    around, taps = taps_on(x.shape[2:], kernel_size, stride, padding, dilation, outputs)
    padded = pad2d(x, around)
    for tap, seen in taps:
        found[:, :, tap // kernel_size[1], tap % kernel_size[1]] = padded[seen]
    return found


def fold(taps: Array, size: Shape, stride: Pair, padding: Padding2d, dilation: Pair) -> Array:
    """Add windows back where `padded_windows` took them from: its transpose.

    Args:
        taps: (N, C, KH, KW, OH, OW).
        size: (H, W) of the result, without the padding.
        stride, padding, dilation: as the windows were taken.

    Returns:
        (N, C, H, W).
    """
    n, c, kh, kw = taps.shape[:4]
    around, positions = taps_on(size, (kh, kw), stride, padding, dilation, taps.shape[4:])
    pieces = ((position, taps[:, :, tap // kw, tap % kw]) for tap, position in positions)
    return add_at(pieces, (n, c, *size), around, taps.dtype)


def add_at(pieces: Iterable[tuple[Any, Array]], shape: Shape, padding: Padding2d, dtype: DType) -> Array:
    """Return zeros of `shape` (N, C, H, W), with each (index, array) of `pieces` added; indices include `padding`."""
    (top, bottom), (left, right) = padding
    n, c, h, w = shape
    out = np.zeros((n, c, h + top + bottom, w + left + right), dtype)
    for position, piece in pieces:
        out[position] += piece
    return pad2d(out, ((-top, -bottom), (-left, -right)))
