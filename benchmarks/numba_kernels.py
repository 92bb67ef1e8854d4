# mypy: disable-error-code="misc, untyped-decorator"
"""A 3×3 convolution as a loop that Numba compiles. Importing this module imports Numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

FILTERS = 4
"""Filters computed at once: each number read from the images is used for all of them."""

_OPTIONS: dict[str, Any] = {"fastmath": True, "cache": True, "boundscheck": False, "error_model": "numpy"}


@njit(**_OPTIONS)
def pad_rows(x: Any, padded: Any) -> None:
    """Copy maps (C, H, W) into rows of W + 2 with a ring of zeros, each map one flat run: (C, (H + 2)(W + 2) + 2)."""
    channels, height, width = x.shape
    stride = width + 2
    for c in range(channels):
        for i in range(height):
            start = (i + 1) * stride + 1
            padded[c, start : start + width] = x[c, i]


@njit(**_OPTIONS)
def add_channel(s: Any, w: Any, stride: int, y0: Any, y1: Any, y2: Any, y3: Any) -> None:
    """Add one channel's share to four rows of sums, as long as one map with its padding at the rows' ends.

    Tap (k, l) of the filter is the same run of numbers, begun k·stride + l later: there is no inner loop over rows.

    Args:
        s: the padded channel, flat.
        w: the channel's weights in the four filters, (4, 3, 3).
        stride: length of a padded row.
        y0: the sums of the first filter.
        y1: of the second.
        y2: of the third.
        y3: of the fourth.
    """
    n = len(y0)
    r0, r1, r2 = s[: n + 2], s[stride : stride + n + 2], s[2 * stride : 2 * stride + n + 2]
    # In variables of their own they stay in registers: read in the loop, they might have changed with the sums.
    # fmt: off
    a0, a1, a2 = w[0, 0, 0], w[0, 0, 1], w[0, 0, 2]
    a3, a4, a5 = w[0, 1, 0], w[0, 1, 1], w[0, 1, 2]
    a6, a7, a8 = w[0, 2, 0], w[0, 2, 1], w[0, 2, 2]
    b0, b1, b2 = w[1, 0, 0], w[1, 0, 1], w[1, 0, 2]
    b3, b4, b5 = w[1, 1, 0], w[1, 1, 1], w[1, 1, 2]
    b6, b7, b8 = w[1, 2, 0], w[1, 2, 1], w[1, 2, 2]
    c0, c1, c2 = w[2, 0, 0], w[2, 0, 1], w[2, 0, 2]
    c3, c4, c5 = w[2, 1, 0], w[2, 1, 1], w[2, 1, 2]
    c6, c7, c8 = w[2, 2, 0], w[2, 2, 1], w[2, 2, 2]
    d0, d1, d2 = w[3, 0, 0], w[3, 0, 1], w[3, 0, 2]
    d3, d4, d5 = w[3, 1, 0], w[3, 1, 1], w[3, 1, 2]
    d6, d7, d8 = w[3, 2, 0], w[3, 2, 1], w[3, 2, 2]
    # fmt: on
    for p in range(n):
        x0, x1, x2 = r0[p], r0[p + 1], r0[p + 2]
        x3, x4, x5 = r1[p], r1[p + 1], r1[p + 2]
        x6, x7, x8 = r2[p], r2[p + 1], r2[p + 2]
        y0[p] += a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3 + a4 * x4 + a5 * x5 + a6 * x6 + a7 * x7 + a8 * x8
        y1[p] += b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3 + b4 * x4 + b5 * x5 + b6 * x6 + b7 * x7 + b8 * x8
        y2[p] += c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3 + c4 * x4 + c5 * x5 + c6 * x6 + c7 * x7 + c8 * x8
        y3[p] += d0 * x0 + d1 * x1 + d2 * x2 + d3 * x3 + d4 * x4 + d5 * x5 + d6 * x6 + d7 * x7 + d8 * x8


@njit(parallel=True, **_OPTIONS)
def conv3x3(x: Any, w: Any, y: Any, threads: int) -> None:
    """Correlate x (N, C, H, W) with w (O, C, 3, 3), padding 1, O a multiple of `FILTERS`; write y (N, O, H, W)."""
    count, channels, height, width = x.shape
    filters = len(w)
    stride = width + 2
    run = height * stride
    for t in prange(threads):
        padded = np.zeros((channels, (height + 2) * stride + 2), np.float32)  # its ring of zeros serves every image
        sums = np.empty((FILTERS, run), np.float32)
        for n in range(t, count, threads):
            pad_rows(x[n], padded)
            for o in range(0, filters, FILTERS):
                sums[:] = 0
                for c in range(channels):
                    add_channel(padded[c], w[o : o + FILTERS, c], stride, sums[0], sums[1], sums[2], sums[3])
                for k in range(FILTERS):
                    for i in range(height):
                        y[n, o + k, i] = sums[k, i * stride : i * stride + width]


@njit(cache=True)
def nothing(x: Any) -> None:
    """Do nothing with an array: what a call costs."""


@njit(parallel=True, cache=True)
def nothing_parallel(x: Any) -> None:
    """Write two numbers by two threads: what a parallel call costs."""
    for i in prange(2):
        x[i] = i
