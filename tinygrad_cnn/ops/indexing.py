"""Reading by index, and adding back by index: each is the gradient of the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._types import A, Array, Shape
from tinygrad_cnn.autograd import Spec, Variable, primitive


@primitive("getitem")
def _getitem(x: Array, *, index: Any) -> Array:
    return x[index]


@_getitem.vjp(0)
def getitem_vjp_0(g: A, _y: object, x: Spec, *, index: Any) -> A:
    return index_put(g, index=index, shape=x.shape)


@primitive()
def index_put(g: Array, *, index: Any, shape: Shape) -> Array:
    """Return zeros of `shape` with g added at `index`; an element that is indexed twice receives both."""
    out = np.zeros(shape, g.dtype)
    if _is_basic(index):
        out[index] = g
    else:
        np.add.at(out, index, g)
    return out


@index_put.vjp(0)
def index_put_vjp_0(g: A, _y: object, _x: object, *, index: Any, shape: Shape) -> A:  # noqa: ARG001
    return _getitem(g, index=index)


def _is_basic(index: Any) -> bool:
    """Tell whether `index` selects each element at most once: integers, slices, None and ... only."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, int | slice) for part in parts)


def as_index(index: Any) -> Any:
    """Return `index` with tensors in it replaced by their arrays and lists by integer or boolean arrays."""
    if isinstance(index, tuple):
        return tuple([as_index(part) for part in index])
    if isinstance(index, Variable):
        index = index.array
    if isinstance(index, np.ndarray):
        if index.dtype.kind not in "biu":
            raise IndexError(f"indexing: expected integers or booleans, got a tensor of {index.dtype}")
        return int(index) if index.ndim == 0 and index.dtype.kind != "b" else index
    if isinstance(index, list):
        return np.asarray(index, dtype=None if index else np.int64)
    return int(index) if isinstance(index, np.integer) else index


def getitem(input: A, index: Any) -> A:
    """Return input[index] by NumPy's rules: integers, slices, None, ..., and integer or boolean tensors.

    Raises:
        IndexError: an index is out of range, of a wrong type, or there are too many.
    """
    try:
        return _getitem(input, index=as_index(index))
    except IndexError as error:
        raise IndexError(f"indexing a tensor of shape {input.shape}: {error}") from None


@primitive("gather")
def _gather(x: Array, index: Array, *, dim: int) -> Array:
    return np.take_along_axis(_trim(x, index, dim), index, dim)


@_gather.vjp(0)
def gather_vjp_0(g: A, _y: object, x: Spec, index: A, *, dim: int) -> A:
    return scatter_add_zeros(g, index, dim=dim, shape=x.shape)


@primitive()
def scatter_add_zeros(g: Array, index: Array, *, dim: int, shape: Shape) -> Array:
    """Return zeros of `shape` with each element of g added at `index` along `dim`."""
    out = np.zeros(shape, g.dtype)
    places = list(np.ix_(*[np.arange(size) for size in index.shape]))
    places[dim] = index
    np.add.at(out, tuple(places), g)
    return out


@scatter_add_zeros.vjp(0)
def scatter_add_zeros_vjp_0(g: A, _y: object, _g: object, index: A, *, dim: int, shape: Shape) -> A:  # noqa: ARG001
    return _gather(g, index, dim=dim)


def _trim(x: Array, index: Array, dim: int) -> Array:
    """Return the part of `x` that `index` reaches into: all of `dim`, as much as index has of the other axes."""
    return x[tuple([slice(None) if i == dim else slice(size) for i, size in enumerate(index.shape)])]


def gather(input: A, dim: int, index: A) -> A:
    """Pick elements along `dim`: ``out[i][j][k] = input[i][index[i][j][k]][k]`` for dim = 1.

    Args:
        input: values.
        dim: the axis that `index` counts along.
        index: integers, with as many axes as `input` and no longer than it along the others; sets the output's shape.

    Raises:
        RuntimeError: `index` has the wrong number of axes, is too long, or is not of an integer dtype.
        IndexError: an index is out of range.
    """
    axis = normalize_dim("gather", dim, input.ndim)
    if index.dtype.kind not in "iu":
        raise RuntimeError(f"gather: expected an index of an integer dtype, got {index.dtype}")
    if index.ndim != input.ndim or any(i != axis and size > input.shape[i] for i, size in enumerate(index.shape)):
        raise RuntimeError(
            f"gather: expected an index no larger than the input, {input.shape}, but along dim {axis}; "
            f"got {index.shape}"
        )
    values = index.array if isinstance(index, Variable) else index
    if values.size and not (int(values.min()) >= 0 and int(values.max()) < input.shape[axis]):
        raise IndexError(
            f"gather: expected indices in [0, {input.shape[axis] - 1}], got {values.min()} to {values.max()}"
        )
    return _gather(input, index, dim=axis)
