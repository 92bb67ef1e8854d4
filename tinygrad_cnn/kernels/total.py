"""Sums whose error does not grow with their length.

NumPy adds pairwise along axes whose elements lie next to each other and one by one along others, as `numpy.einsum` does
everywhere; rounding errors then grow with the number of terms. Here long axes are split into blocks, whose sums are
added up by the same rule.

Source: Higham, "The accuracy of floating point summation", 1993.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from tinygrad_cnn._types import Array

Dims = tuple[int, ...]

_add: Callable[..., Array] = np.add.reduce
_BLOCK = 32
_ONE_BY_ONE = 128  # the most terms that are added one after the other
_IN_LANES = 256  # the same for `numpy.einsum`, which adds a few at once, or one by one if elements are not neighbours
_LONG_ROW = 64  # elements; adding whole rows of at least this length is fast


def total(x: Array, dims: Dims, keepdims: bool = False) -> Array:
    """Return Σ x over the axes `dims`, which are not negative, in the dtype of x."""
    if x.size > _ONE_BY_ONE and prod([x.shape[axis] for axis in dims]) > _ONE_BY_ONE:
        singly = _added_singly(x, dims)
        if prod([x.shape[axis] for axis in singly]) > _ONE_BY_ONE:
            return _in_blocks(total, (x,), dims, keepdims, max(singly, key=x.shape.__getitem__))
    return _add(x, axis=dims, keepdims=keepdims)


def dot(a: Array, b: Array, dims: Dims, keepdims: bool = False) -> Array:
    """Return Σ a·b over the axes `dims`, for arrays of one shape, without a temporary of their size."""
    if a.size > _IN_LANES and prod([a.shape[axis] for axis in dims]) > _IN_LANES:
        return _in_blocks(dot, (a, b), dims, keepdims, max(dims, key=a.shape.__getitem__))
    axes = list(range(a.ndim))
    result = np.einsum(a, axes, b, axes, [axis for axis in axes if axis not in dims])
    if keepdims:
        return np.reshape(result, [1 if axis in dims else size for axis, size in enumerate(a.shape)])
    return np.asarray(result)


def _added_singly(x: Array, dims: Dims) -> Dims:
    """Return the `dims` along which NumPy adds one by one: all but the innermost in memory and its continuations."""
    pairwise: list[int] = []
    step = 0
    for axis in sorted(range(x.ndim), key=lambda axis: abs(x.strides[axis])):
        stride, size = x.strides[axis], x.shape[axis]
        if size == 1 or not stride:
            continue
        if axis not in dims or (pairwise and stride != step):
            break
        pairwise.append(axis)
        step = stride * size
    return tuple([axis for axis in dims if axis not in pairwise])


def _in_blocks(add: Callable[..., Array], arrays: tuple[Array, ...], dims: Dims, keepdims: bool, axis: int) -> Array:
    """Return ``add(*arrays, dims)``, by adding up first blocks along `axis` and then the sums of the blocks."""
    n = arrays[0].shape[axis]
    blocks = n // _BLOCK
    if blocks < 2:  # too short to split: add along the other axes first
        sums = add(*arrays, tuple([one for one in dims if one != axis]), True)
        return total(sums, dims, keepdims)
    near = arrays[0].strides[axis] < _LONG_ROW * arrays[0].itemsize
    within = axis if near else axis + 1
    size = (_BLOCK, blocks) if near else (blocks, _BLOCK)
    lead = (slice(None),) * axis
    cut = blocks * _BLOCK
    heads = [one[(*lead, slice(cut))].reshape(one.shape[:axis] + size + one.shape[axis + 1 :]) for one in arrays]
    inner = tuple([one + (one > axis) for one in dims if one != axis])
    sums = np.squeeze(add(*heads, (*inner, within), True), within)
    result = total(sums, dims, keepdims)
    if cut < n:
        result = result + add(*[one[(*lead, slice(cut, None))] for one in arrays], dims, keepdims)
    return result
