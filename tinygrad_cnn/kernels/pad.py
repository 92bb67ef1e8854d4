"""Padding with a constant, and copying along axes: what the other paddings and nearest-neighbour resizing share.

A copy along an axis is given by `source`: place i of the result is place source[i] of the input. Its transpose adds
every place of the result back to where it was copied from.
"""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array, Pair, Shape

Padding = tuple[Pair, ...]


def pad_constant(x: Array, padding: Padding, value: float = 0) -> Array:
    """Return `x` with `value` around it; `x` itself where there is nothing to add.

    Args:
        padding: (before, after) for each axis; negative numbers cut places off instead.
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
    """Return which place of an axis each place of the padded one copies.

    Args:
        mode: "reflect" mirrors at the centre of the outermost place; "replicate" repeats that place; "circular" goes
            on at the other end, after cutting off.
    """
    if mode == "circular":
        first, last = max(-padding[0], 0), size - max(-padding[1], 0)
        places = np.arange(-max(padding[0], 0), last - first + max(padding[1], 0))
        return first + places % (last - first)
    places = np.arange(-padding[0], size + padding[1])
    if mode == "reflect":
        places = np.abs(places)
        return np.minimum(places, 2 * (size - 1) - places)
    return np.clip(places, 0, size - 1)


def copy_along(x: Array, sources: dict[int, Array]) -> Array:
    """Return x with each axis of `sources` (by axis) replaced by copies of the places it names."""
    for axis, source in sources.items():
        x = np.take(x, source, axis)
    return x


def add_along(g: Array, sources: dict[int, Array], shape: Shape) -> Array:
    """Return zeros of `shape` with every place of g added where `copy_along` took it from."""
    for axis, source in sources.items():
        order = np.argsort(source, kind="stable")
        if (order[1:] < order[:-1]).any():
            g, source = np.take(g, order, axis), source[order]
        places, first = np.unique(source, return_index=True)
        out = np.zeros([shape[axis] if i == axis else size for i, size in enumerate(g.shape)], g.dtype)
        if places.size:
            out[(slice(None),) * axis + (places,)] = np.add.reduceat(g, first, axis)
        g = out
    return g
