"""Joining tensors along an axis, and cutting them apart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_cnn._checks import normalize_dim, real_axis
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import A, T, Variable, primitive
from tinygrad_cnn.ops.broadcast import broadcast_to, promote
from tinygrad_cnn.ops.indexing import getitem
from tinygrad_cnn.ops.shape import ravel, reshape


def _concatenated(*xs: Array, dim: int, starts: tuple[int, ...]) -> Array:  # noqa: ARG001 - the VJP cuts there
    return np.concatenate(xs, dim)


@primitive(_concatenated, prepare=promote)
def _cat(*xs: T, dim: int, starts: tuple[int, ...]) -> T: ...


@_cat.vjp_n
def cat_vjp_n(n: int, g: A, _y: object, *_xs: object, dim: int, starts: tuple[int, ...]) -> A:
    return getitem(g, (slice(None),) * dim + (slice(starts[n], starts[n + 1]),))


def cat(tensors: Sequence[T], dim: int = 0) -> T:
    """Join tensors end to end along an existing axis; dtypes are promoted.

    Args:
        tensors: of equal shape except for the length of `dim`. A 1-d tensor without elements fits any other tensors.
        dim: the axis.

    Returns:
        A tensor whose length along `dim` is the sum of theirs.

    Raises:
        ValueError: there are no tensors.
        RuntimeError: one is 0-d, or their shapes do not fit.
    """
    parts = _tensors("cat", tensors)
    if not parts:
        raise ValueError("cat: expected at least one tensor, got none")
    shape: Shape = next((one.shape for one in parts if one.shape != (0,)), (0,))
    axis: int = normalize_dim("cat", dim, len(shape))
    empty = (*shape[:axis], 0, *shape[axis + 1 :])
    starts = [0]
    for i, one in enumerate(parts):
        if not one.ndim:
            raise RuntimeError(f"cat: expected tensors with axes, got a 0-d tensor at position {i}; use stack")
        if one.shape == (0,) != empty:
            one = parts[i] = reshape(one, empty)
        if one.ndim != len(shape) or any(axis != k and one.shape[k] != size for k, size in enumerate(shape)):
            raise RuntimeError(
                f"cat: expected shapes equal but along dim {axis}, got {shape} and {one.shape} at position {i}"
            )
        starts.append(starts[-1] + one.shape[axis])
    return _cat(*parts, dim=axis, starts=tuple(starts))


def _stacked(*xs: Array, dim: int) -> Array:
    return np.stack(xs, dim)


@primitive(_stacked, prepare=promote)
def _stack(*xs: T, dim: int) -> T: ...


@_stack.vjp_n
def stack_vjp_n(n: int, g: A, _y: object, *_xs: object, dim: int) -> A:
    return getitem(g, (slice(None),) * dim + (n,))


def stack(tensors: Sequence[T], dim: int = 0) -> T:
    """Join tensors of one shape along a new axis `dim`; dtypes are promoted.

    Raises:
        RuntimeError: there are no tensors, or their shapes differ.
    """
    parts = _tensors("stack", tensors)
    if not parts:
        raise RuntimeError("stack: expected at least one tensor, got none")
    shape = parts[0].shape
    for i, one in enumerate(parts):
        if one.shape != shape:
            raise RuntimeError(f"stack: expected tensors of one shape, got {shape} and {one.shape} at position {i}")
    return _stack(*parts, dim=normalize_dim("stack", dim, len(shape) + 1))


def _tensors(op: str, tensors: Sequence[T]) -> list[T]:
    """Return `tensors` as a list, checked to be tensors (or arrays)."""
    if not isinstance(tensors, list | tuple):
        raise TypeError(f"{op}: expected a list or tuple of tensors, got {type(tensors).__name__}")
    for i, one in enumerate(tensors):
        if not isinstance(one, Variable | np.ndarray):
            raise TypeError(f"{op}: expected tensors, got {type(one).__name__} at position {i}")
    return list(tensors)


def split(tensor: T, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[T, ...]:
    """Cut a tensor along `dim` into views.

    Args:
        tensor: at least 1-d.
        split_size_or_sections: one length for all pieces, the last of which may be shorter; or a length for each piece.
        dim: the axis.

    Raises:
        RuntimeError: a length is negative, the lengths do not add up to the axis, or the tensor is 0-d.
    """
    axis = real_axis("split", dim, tensor.ndim, RuntimeError)
    length = tensor.shape[axis]
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size < 0 or (size == 0 and length):
            raise RuntimeError(f"split: expected pieces of at least 1 for an axis of {length}, got {size}")
        sizes = [min(size, length - start) for start in range(0, length, size or 1)] or [0]
    else:
        sizes = list(split_size_or_sections)
        if any(size < 0 for size in sizes) or sum(sizes) != length:
            raise RuntimeError(f"split: expected lengths of at least 0 that add up to {length}, got {sizes}")
    return _pieces(tensor, sizes, axis)


def chunk(input: T, chunks: int, dim: int = 0) -> tuple[T, ...]:
    """Cut a tensor along `dim` into at most `chunks` views of equal length, the last of which may be shorter.

    The length is rounded up, so there can be fewer than `chunks` views.

    Raises:
        RuntimeError: `chunks` is less than 1, or the tensor is 0-d.
    """
    axis = real_axis("chunk", dim, input.ndim, RuntimeError)
    if chunks < 1:
        raise RuntimeError(f"chunk: expected at least 1 chunk, got {chunks}")
    length = input.shape[axis]
    if not length:
        return _pieces(input, [0] * chunks, axis)
    return split(input, -(-length // chunks), axis)


def _pieces(x: T, sizes: Sequence[int], axis: int) -> tuple[T, ...]:
    """Return views of `x` of the given lengths, one after the other along `axis`."""
    pieces: list[T] = []
    start = 0
    for size in sizes:
        pieces.append(getitem(x, (slice(None),) * axis + (slice(start, start + size),)))
        start += size
    return tuple(pieces)


def meshgrid(*tensors: T | Sequence[T], indexing: str = "ij") -> tuple[T, ...]:
    """Return a grid for each vector; with "ij", grid i has the values of vector i along axis i. The grids are views.

    Args:
        tensors: vectors or 0-d tensors, of one dtype; one by one or in a list.
        indexing: "ij" for the axes in the order of the vectors, "xy" for the first two exchanged.

    Raises:
        RuntimeError: there are no tensors, one has more than one axis, the dtypes differ, or `indexing` is neither.
    """
    parts: list[Any] = _tensors(
        "meshgrid", tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    )
    if not parts:
        raise RuntimeError("meshgrid: expected at least one tensor, got none")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f"meshgrid: expected indexing 'ij' or 'xy', got {indexing!r}")
    if any(one.ndim > 1 for one in parts) or len({str(one.dtype) for one in parts}) > 1:
        got = ", ".join(f"{one.shape} of {one.dtype}" for one in parts)
        raise RuntimeError(f"meshgrid: expected vectors of one dtype, got {got}")
    positions = list(range(len(parts)))
    if indexing == "xy" and len(parts) > 1:
        positions[:2] = [1, 0]
    lengths = [ravel(one).shape[0] for one in parts]
    shape = tuple([lengths[i] for i in positions])
    along = [
        reshape(one, [-1 if k == axis else 1 for k in range(len(parts))])
        for one, axis in zip(parts, positions, strict=True)
    ]
    return tuple([broadcast_to(one, shape=shape) for one in along])
