"""Padding with a constant, and copying along axes, on which other paddings and nearest-neighbour resizing are based.

`source` describes a copy along an axis: position i of the result is position source[i] of the input. The transpose of a
copy adds each element of the result to the position it was copied from.
"""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array, Pair, Shape

Padding = tuple[Pair, ...]


def pad_constant(x: Array, padding: Padding, value: float = 0) -> Array:
    """Return `x` with `value` around it; `x` itself if there is nothing to add.

    Args:
        padding: (before, after) for each axis; negative numbers cut positions off instead.
    """
    if not any(before or after for before, after in padding):
        return x
    shape = [size + before + after for size, (before, after) in zip(x.shape, padding, strict=True)]
    inside, kept = [], []
    for size, length, (before, _) in zip(x.shape, shape, padding, strict=True):
        start = max(before, 0)
        stop = max(start, min(before + size, length))
        inside.append(slice(start, stop))
        kept.append(slice(start - before, stop - before))
    if all(before <= 0 and after <= 0 for before, after in padding):
        return x[tuple(kept)]
    out = np.full(shape, value, x.dtype)
    out[tuple(inside)] = x[tuple(kept)]
    return out


def border_sources(size: int, padding: Pair, mode: str) -> Array:
    """Return, for each position of a padded axis, the position of the axis that it copies.

    Args:
        mode: "reflect" mirrors at the centre of the outermost position; "replicate" repeats that position; "circular"
            continues at the other end, after negative padding has cut positions off.
    """
    if mode == "circular":
        first, last = max(-padding[0], 0), size - max(-padding[1], 0)
        positions = np.arange(-max(padding[0], 0), last - first + max(padding[1], 0))
        return first + positions % (last - first)
    positions = np.arange(-padding[0], size + padding[1])
    if mode == "reflect":
        positions = np.abs(positions)
        return np.minimum(positions, 2 * (size - 1) - positions)
    return np.clip(positions, 0, size - 1)


def copy_along(x: Array, sources: dict[int, Array]) -> Array:
    """Return x with each axis in `sources` (axis: positions) replaced by copies of those positions."""
    for axis, source in sources.items():
        x = np.take(x, source, axis)
    return x


def add_along(g: Array, sources: dict[int, Array], shape: Shape) -> Array:
    """Return zeros of `shape`, with each element of g added at the position that `copy_along` copied it from."""
    for axis, source in sources.items():
        order = np.argsort(source, kind="stable")
        if (order[1:] < order[:-1]).any():
            g, source = np.take(g, order, axis), source[order]
        positions, first = np.unique(source, return_index=True)
        out = np.zeros([shape[axis] if i == axis else size for i, size in enumerate(g.shape)], g.dtype)
        if positions.size:
            out[(slice(None),) * axis + (positions,)] = np.add.reduceat(g, first, axis)
        g = out
    return g
