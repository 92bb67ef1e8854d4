"""Slices along one axis: a single slice, a range, all of them, repeated slices, or overlapping ones."""

from __future__ import annotations

import operator

import numpy as np

from tinygrad_cnn._checks import normalize_dim, real_axis
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import T, Values, Variable
from tinygrad_cnn.ops.broadcast import cast
from tinygrad_cnn.ops.comparison import ge
from tinygrad_cnn.ops.indexing import getitem
from tinygrad_cnn.ops.occurrences import nonzero
from tinygrad_cnn.ops.shape import movedim, ravel, reshape, with_axes


def select(input: T, dim: int, index: int) -> T:
    """Return the slice at `index` along `dim`, as a view without that axis.

    Raises:
        IndexError: `input` is 0-d, or `index` is out of range.
    """
    axis = real_axis("select", dim, input.ndim, IndexError)
    size = input.shape[axis]
    at = operator.index(index)
    if not -size <= at < size:
        raise IndexError(f"select: expected an index in [{-size}, {size - 1}] along dim {dim}, got {at}")
    return getitem(input, (slice(None),) * axis + (at,))


def narrow(input: T, dim: int, start: int | Values, length: int) -> T:
    """Return `length` slices along `dim`, beginning with `start`, as a view.

    Raises:
        IndexError: `start` is out of range.
        RuntimeError: `input` is 0-d, or there are fewer than `length` slices from `start` on.
    """
    axis = real_axis("narrow", dim, input.ndim, RuntimeError)
    size = input.shape[axis]
    if isinstance(start, Variable | np.ndarray) and (start.ndim or start.dtype.kind not in "iu"):
        raise RuntimeError(f"narrow: expected start as an integer, got shape {start.shape} of {start.dtype}")
    first = operator.index(start)
    if not -size <= first <= size:
        raise IndexError(f"narrow: expected start in [{-size}, {size}] along dim {dim}, got {first}")
    first += size if first < 0 else 0
    if not 0 <= length <= size - first:
        raise RuntimeError(f"narrow: expected a length in [0, {size - first}] from {first} on, got {length}")
    return getitem(input, (slice(None),) * axis + (slice(first, first + length),))


def unbind(input: T, dim: int = 0) -> tuple[T, ...]:
    """Return all slices along `dim`, as views without that axis.

    Raises:
        IndexError: `input` is 0-d.
    """
    axis = real_axis("unbind", dim, input.ndim, IndexError)
    return tuple([getitem(input, (slice(None),) * axis + (i,)) for i in range(input.shape[axis])])


def repeat_interleave(
    input: T, repeats: int | Values | None = None, dim: int | None = None, *, output_size: int | None = None
) -> T:
    """Repeat each slice along `dim`: (a, b) becomes (a, a, b, b).

    Args:
        input: any shape. Without `repeats`, it holds how often each of 0, 1, 2, … is repeated.
        repeats: how often each slice is repeated: one number, or an integer vector with a number for each slice.
        dim: the axis; by default `input` is taken as a vector.
        output_size: the length of the result, which is checked.

    Raises:
        RuntimeError: `repeats` is negative, not of integers, or does not have one number for each slice.
    """
    if repeats is None:
        _counts(input)
        positions = cast(nonzero(ge(ravel(input), 0)), dtype=input.dtype)
        return repeat_interleave(reshape(positions, (-1,)), input, 0, output_size=output_size)
    x, axis = (ravel(input), 0) if dim is None else (input, normalize_dim("repeat_interleave", dim, input.ndim))
    x = x if x.ndim else ravel(x)
    counts = _counts(repeats)
    size = x.shape[axis]
    if counts.size not in (1, size):
        raise RuntimeError(f"repeat_interleave: expected repeats for each of {size} slices, got {counts.size}")
    index = np.repeat(np.arange(size), np.broadcast_to(counts.reshape(-1), (size,)))
    if output_size is not None and output_size != index.size:
        raise RuntimeError(f"repeat_interleave: expected output_size={index.size}, got {output_size}")
    return getitem(x, (slice(None),) * axis + (index,))


def unfold_dim(input: T, dimension: int, size: int, step: int) -> T:
    """Return slices of `size` along `dimension`, one every `step`, on a new last axis.

    Args:
        input: any shape.
        dimension: the axis, whose length becomes ⌊(length − size) / step⌋ + 1.
        size: the length of each slice.
        step: the distance between the beginnings of two slices, at least 1.

    Raises:
        RuntimeError: `size` is negative or longer than the axis, or `step` is less than 1.
    """
    axis = normalize_dim("unfold", dimension, input.ndim)
    x = with_axes(input)
    length = x.shape[axis]
    if not 0 <= size <= length:
        raise RuntimeError(f"unfold: expected a size in [0, {length}] along dim {dimension}, got {size}")
    if step < 1:
        raise RuntimeError(f"unfold: expected a step of at least 1, got {step}")
    positions = np.arange(0, length - size + 1, step)[:, None] + np.arange(size)
    taken = movedim(getitem(x, (slice(None),) * axis + (positions,)), axis + 1, -1)
    return taken if input.ndim else getitem(taken, 0)


def _counts(repeats: int | Values) -> Array:
    """Return how often each slice is repeated, checked, as an array."""
    counts = repeats.array if isinstance(repeats, Variable) else np.asarray(repeats)
    if counts.ndim > 1 or counts.dtype not in (np.int32, np.int64):
        raise RuntimeError(
            f"repeat_interleave: expected repeats as an integer or a vector of them, got shape {counts.shape} of "
            f"{counts.dtype}"
        )
    if counts.size and counts.min() < 0:
        raise RuntimeError(f"repeat_interleave: expected repeats of at least 0, got {counts.min()}")
    return counts
