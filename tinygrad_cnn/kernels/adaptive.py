"""Pooling to a given output size: position i of OH covers rows ⌊i·H/OH⌋ to ⌈(i+1)·H/OH⌉ − 1, so windows may overlap.

With more positions than rows, many windows are equal; each different window is computed once.
"""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array, Pair, Shape
from tinygrad_cnn.kernels.total import total


def _spans(size: int, outputs: int) -> tuple[list[slice], Array]:
    """Return the different windows along one axis, in order, and the first output position that has each."""
    position = np.arange(outputs)
    start, stop = position * size // outputs, -(-(position + 1) * size // outputs)
    first = np.flatnonzero((np.diff(start, prepend=-1) != 0) | (np.diff(stop, prepend=-1) != 0))
    return [slice(*ends) for ends in zip(start[first].tolist(), stop[first].tolist(), strict=True)], first


def _repeated(x: Array, first: Array, outputs: int, axis: int) -> Array:
    """Return `x`, which has a slice along `axis` for each different window, with a slice for each output position."""
    return x if len(first) == outputs else np.repeat(x, np.diff(first, append=outputs), axis)


def adaptive_avg_pool2d(x: Array, *, output_size: Pair) -> Array:
    """Return the mean of each window, (N, C, OH, OW); rows first, then columns."""
    n, c, h, w = x.shape
    oh, ow = output_size
    if 0 in (n, c, oh, ow):
        return np.empty((n, c, oh, ow), x.dtype)
    for axis, size, outputs in ((2, h, oh), (3, w, ow)):
        spans, first = _spans(size, outputs)
        lead = (slice(None),) * axis
        means = [total(x[(*lead, span)], (axis,), True) / (span.stop - span.start) for span in spans]
        x = _repeated(np.concatenate(means, axis, dtype=x.dtype), first, outputs, axis)
    return x


def adaptive_avg_pool2d_input(g: Array, *, input_size: Shape) -> Array:
    """Return the gradient of `adaptive_avg_pool2d` with respect to its input: each window spreads g evenly."""
    if not g.size:
        return np.zeros((*g.shape[:2], *input_size), g.dtype)
    for axis, size in ((3, input_size[1]), (2, input_size[0])):
        spans, first = _spans(size, g.shape[axis])
        sums = np.add.reduceat(g, first, axis) if len(first) < g.shape[axis] else g
        gx = np.zeros((*g.shape[:axis], size, *g.shape[axis + 1 :]), g.dtype)
        lead = (slice(None),) * axis
        for i, span in enumerate(spans):
            gx[(*lead, span)] += sums[(*lead, slice(i, i + 1))] / (span.stop - span.start)
        g = gx
    return g


def adaptive_max_pool2d(x: Array, *, output_size: Pair) -> tuple[Array, Array]:
    """Return the largest element of each window (N, C, OH, OW), and its row-major index into its (H, W) plane.

    The first of equal elements wins; NaN wins over everything.
    """
    n, c, h, w = x.shape
    oh, ow = output_size
    if 0 in (n, c, oh, ow):
        return np.empty((n, c, oh, ow), x.dtype), np.empty((n, c, oh, ow), np.int64)
    (rows, first_rows), (columns, first_columns) = _spans(h, oh), _spans(w, ow)
    positions = np.empty((n, c, len(rows), len(columns)), np.int64)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            width = column.stop - column.start
            winner = x[:, :, row, column].reshape(n, c, (row.stop - row.start) * width).argmax(2)
            positions[:, :, i, j] = (winner // width + row.start) * w + (winner % width + column.start)
    positions = _repeated(_repeated(positions, first_rows, oh, 2), first_columns, ow, 3)
    flat = np.take_along_axis(x.reshape(n, c, h * w), positions.reshape(n, c, oh * ow), 2)
    return flat.reshape(positions.shape), positions
