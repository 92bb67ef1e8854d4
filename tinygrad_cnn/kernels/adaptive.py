"""Pooling to a given output size: place i of OH covers rows ⌊i·H/OH⌋ to ⌈(i+1)·H/OH⌉ − 1, so windows may overlap."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinygrad_cnn._types import Array, Pair, Shape
from tinygrad_cnn.kernels.total import total


def _spans(size: int, outputs: int) -> Iterator[tuple[int, slice]]:
    """Yield each output place along one axis with the places of the input that it covers."""
    for i in range(outputs):
        yield i, slice(i * size // outputs, -(-(i + 1) * size // outputs))


def adaptive_avg_pool2d(x: Array, *, output_size: Pair) -> Array:
    """Return the mean of each window, (N, C, OH, OW); rows first, then columns."""
    n, c, h, w = x.shape
    oh, ow = output_size
    rows = np.empty((n, c, oh, w), x.dtype)
    for i, span in _spans(h, oh):
        rows[:, :, i] = total(x[:, :, span], (2,)) / (span.stop - span.start)
    y = np.empty((n, c, oh, ow), x.dtype)
    for j, span in _spans(w, ow):
        y[:, :, :, j] = total(rows[:, :, :, span], (3,)) / (span.stop - span.start)
    return y


def adaptive_avg_pool2d_input(g: Array, *, input_size: Shape) -> Array:
    """Return the gradient of `adaptive_avg_pool2d` with respect to its input: each window spreads g evenly."""
    n, c, oh, ow = g.shape
    h, w = input_size
    rows = np.zeros((n, c, oh, w), g.dtype)
    for j, span in _spans(w, ow):
        rows[:, :, :, span] += g[:, :, :, j, None] / (span.stop - span.start)
    gx = np.zeros((n, c, h, w), g.dtype)
    for i, span in _spans(h, oh):
        gx[:, :, span] += rows[:, :, i, None] / (span.stop - span.start)
    return gx


def adaptive_max_pool2d(x: Array, *, output_size: Pair) -> tuple[Array, Array]:
    """Return the largest element of each window (N, C, OH, OW), and its row-major index into its (H, W) plane.

    The first of equal elements wins; NaN wins over everything.
    """
    n, c, h, w = x.shape
    places = np.empty((n, c, *output_size), np.int64)
    for i, rows in _spans(h, output_size[0]):
        for j, columns in _spans(w, output_size[1]):
            width = columns.stop - columns.start
            winner = x[:, :, rows, columns].reshape(n, c, (rows.stop - rows.start) * width).argmax(2)
            places[:, :, i, j] = (winner // width + rows.start) * w + (winner % width + columns.start)
    flat = np.take_along_axis(x.reshape(n, c, h * w), places.reshape(n, c, output_size[0] * output_size[1]), 2)
    return flat.reshape(places.shape), places
