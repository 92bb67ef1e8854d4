"""Reading and adding along an axis, with an index for every element."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._dtypes import int64
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import A, Operand, Spec, T, Values, primitive
from tinygrad_cnn.ops.broadcast import cast
from tinygrad_cnn.ops.indexing import check_indices, getitem
from tinygrad_cnn.ops.shape import reshape, with_axes


@primitive(name="gather")
def gather_at(x: Array, index: Array, *, dim: int) -> Array:
    """Pick elements along `dim` at `index`, without checks."""
    part = x[tuple([slice(None) if i == dim else slice(size) for i, size in enumerate(index.shape)])]
    return np.take_along_axis(part, index, dim)


@gather_at.vjp(0)
def gather_vjp_0(g: A, _y: object, x: Spec, index: A, *, dim: int) -> A:
    return scatter_add_zeros(g, index, dim=dim, shape=x.shape)


@primitive()
def scatter_add_zeros(g: Array, index: Array, *, dim: int, shape: Shape) -> Array:
    """Return zeros of `shape` with each element of g added at `index` along `dim`."""
    return _added(np.zeros(shape, g.dtype), index, g, dim)


@scatter_add_zeros.vjp(0)
def scatter_add_zeros_vjp_0(g: A, _y: object, _g: object, index: A, *, dim: int, shape: Shape) -> A:  # noqa: ARG001
    return gather_at(g, index, dim=dim)


@primitive(name="scatter_add")
def scatter_add_at(x: Array, index: Array, src: Array, *, dim: int) -> Array:
    """Return x with `src` added at `index` along `dim`, without checks."""
    return _added(x.copy(), index, src, dim)


@scatter_add_at.vjp(0)
def scatter_add_vjp_0(g: A, _y: object, _x: object, _index: object, _src: object, **_: int) -> A:
    return g


@scatter_add_at.vjp(2)
def scatter_add_vjp_2(g: A, _y: object, _x: object, index: A, _src: object, *, dim: int) -> A:
    return gather_at(g, index, dim=dim)


def _added(out: Array, index: Array, src: Array, dim: int) -> Array:
    """Add `src` into `out` at `index` along `dim`, and return it."""
    np.add.at(out, positions_along(index, dim), src)
    return out


def positions_along(index: Array, dim: int) -> tuple[Array, ...]:
    """Return the index with which NumPy reads or writes along `dim` at `index`."""
    positions: list[Array] = list(np.ix_(*[np.arange(size) for size in index.shape]))
    positions[dim] = index
    return tuple(positions)


def gather(input: T, dim: int, index: Values) -> T:
    """Pick elements along `dim`: ``out[i][j][k] = input[i][index[i][j][k]][k]`` for dim = 1.

    Args:
        input: values.
        dim: the axis that `index` counts along.
        index: int64 or int32, with as many axes as `input` and no longer than it along the others; sets the output's
            shape. A 0-d tensor counts as having one axis.

    Raises:
        RuntimeError: `index` has the wrong number of axes, is too long, is out of range, or not of an integer dtype.
    """
    axis = normalize_dim("gather", dim, input.ndim)
    x = with_axes(input)
    picks = _positions(index, x.ndim)
    if picks.ndim != x.ndim or _exceeds(picks.shape, x.shape, axis):
        raise RuntimeError(
            f"gather: expected an index no larger than the input, {input.shape}, but along dim {axis}; "
            f"got {index.shape}"
        )
    check_indices("gather", picks, x.shape[axis])
    return shaped(gather_at(x, picks, dim=axis), index.shape)


def scatter_add(input: T, dim: int, index: Values, src: Values) -> T:
    """Return `input` with elements of `src` added along `dim`: ``out[i][index[i][j]] += src[i][j]`` for dim = 1.

    An element that is indexed several times receives every addend.

    Args:
        input: the tensor to add to.
        dim: the axis that `index` counts along.
        index: int64 or int32, with as many axes as `input` and no longer than it along the others.
        src: the addends, at least as long as `index` along every axis, of the dtype of `input`.

    Raises:
        RuntimeError: `index` or `src` does not fit in shape, an index is out of range, or a dtype does not fit.
    """
    x, positions, addends, axis = fitted("scatter_add", input, dim, index, src)
    return shaped(scatter_add_at(x, positions, addends, dim=axis), input.shape)


def fitted(op: str, input: T, dim: int, index: Values, src: Operand) -> tuple[T, Values, Operand, int]:
    """Return input, index and source of a scatter, checked, with axes and of one shape, and the axis to scatter along.

    A source that is a number, or holds one, is converted to the dtype of the input.
    """
    axis = normalize_dim(op, dim, input.ndim)
    x = with_axes(input)
    positions = _positions(index, x.ndim)
    if isinstance(src, int | float | np.generic):
        if positions.ndim != x.ndim or _exceeds(positions.shape, x.shape, axis):
            raise RuntimeError(
                f"{op}: expected an index no larger than the input, {input.shape}, but along dim {axis}; "
                f"got {index.shape}"
            )
        check_indices(op, positions, x.shape[axis])
        return x, positions, np.asarray(src).astype(x.dtype).item(), axis
    addends = with_axes(src)
    if input.dtype != src.dtype:
        raise RuntimeError(f"{op}: expected src of the dtype of the input, {input.dtype}, got {src.dtype}")
    if not x.ndim == positions.ndim == addends.ndim or (
        _exceeds(positions.shape, x.shape, axis) or _exceeds(positions.shape, addends.shape, None)
    ):
        raise RuntimeError(
            f"{op}: expected an index no larger than src, {src.shape}, and, but along dim {axis}, than the "
            f"input, {input.shape}; got {index.shape}"
        )
    check_indices(op, positions, x.shape[axis])
    if addends.shape != positions.shape:
        addends = getitem(addends, tuple([slice(size) for size in positions.shape]))
    return x, positions, addends, axis


def _positions(index: T, ndim: int) -> T:
    """Return `index`, as a vector if it is 0-d. An empty index fits any input, whatever its shape and dtype."""
    return cast(reshape(index, (0,) * ndim), dtype=int64) if 0 in index.shape else with_axes(index)


def shaped(x: T, shape: Shape) -> T:
    """Return `x` reshaped to `shape`; `x` itself if that is its shape."""
    return x if x.shape == shape else reshape(x, shape)


def _exceeds(shape: Shape, limit: Shape, but: int | None) -> bool:
    """Return whether `shape` is longer than `limit` along some axis other than `but`."""
    return any(i != but and size > most for i, (size, most) in enumerate(zip(shape, limit, strict=True)))
