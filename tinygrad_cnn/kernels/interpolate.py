"""Resizing along axes: each position of the result copies a position of the input, or blends two neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.kernels.pad import add_along

Blend = tuple[Array, Array, Array]
"""For each position of the result: the lower and upper positions of the input, and the share of the upper one."""


def nearest_sources(size: int, outputs: int, scale_factor: float | None) -> Array:
    """Return which of `size` positions each of `outputs` copies: ⌊i / scale⌋; by default scale = outputs / size.

    Computed in float32, as PyTorch does, so that rounding falls on the same positions.
    """
    scale = np.float32(size / outputs if scale_factor is None else 1 / scale_factor)
    positions = np.floor(np.arange(outputs, dtype=np.float32) * scale)
    return np.minimum(positions.astype(np.intp), size - 1)


def linear_sources(size: int, outputs: int, scale_factor: float | None, align_corners: bool, dtype: Any) -> Blend:
    """Return the two of `size` positions between which each of `outputs` lies, and its distance from the lower one.

    With `align_corners` the centres of the outermost positions meet: position i lies at i · (size − 1) / (outputs − 1).
    Otherwise their borders do: (i + ½) / scale − ½, not below 0. As many outputs as positions are a copy.

    Computed in `dtype`, float32 or float64, as PyTorch does.
    """
    positions = np.arange(outputs, dtype=dtype)
    if outputs == size:
        lower = positions.astype(np.intp)
        return lower, lower, np.zeros(outputs, dtype)
    if align_corners:
        at = positions * (dtype(size - 1) / dtype(max(outputs - 1, 1)))
    else:
        step = dtype(size) / dtype(outputs) if scale_factor is None else dtype(1 / scale_factor)
        exact = np.float64(step) * (positions + dtype(0.5)) - 0.5  # rounded once, as by a fused multiply-add
        at = np.maximum(exact, 0).astype(dtype)
    lower = np.minimum(at.astype(np.intp), size - 1)
    return lower, np.minimum(lower + 1, size - 1), np.clip(at - lower, 0, 1).astype(dtype)


def blend_along(x: Array, blends: dict[int, Blend]) -> Array:
    """Return x with each axis in `blends` replaced by (1 − share) · lower position + share · upper position."""
    y = x
    for axis, (lower, upper, share) in blends.items():
        factor = _beside(share, axis, x.ndim)
        y = np.take(y, lower, axis) * (1 - factor) + np.take(y, upper, axis) * factor
    return y.astype(x.dtype, copy=False)


def unblend_along(g: Array, blends: dict[int, Blend], shape: Shape) -> Array:
    """Return zeros of `shape`, with each element of g added, by its shares, where `blend_along` took it from."""
    gx = g
    for axis, (lower, upper, share) in blends.items():
        factor = _beside(share, axis, g.ndim)
        gx = add_along(gx * (1 - factor), {axis: lower}, shape) + add_along(gx * factor, {axis: upper}, shape)
    return gx.astype(g.dtype, copy=False)


def _beside(share: Array, axis: int, ndim: int) -> Array:
    """Return the shares so that they broadcast along `axis`."""
    return share.reshape(-1, *[1] * (ndim - 1 - axis))
