"""Reductions: sum, mean, maxima and minima over axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, overload

import numpy as np
from typing_extensions import NamedTuple

from tinygrad_cnn._checks import normalize_dim, normalize_dims
from tinygrad_cnn._dtypes import int64, is_floating
from tinygrad_cnn._types import A, Array, DType, Shape
from tinygrad_cnn.autograd import Spec, primitive
from tinygrad_cnn.ops.broadcast import broadcast_to, cast
from tinygrad_cnn.ops.elementwise import maximum, minimum
from tinygrad_cnn.ops.indexing import gather
from tinygrad_cnn.ops.shape import product, reshape, squeeze

T = TypeVar("T")
Dims = int | Sequence[int] | None


def _kept(shape: Shape, dim: tuple[int, ...]) -> Shape:
    """Return `shape` with the axes `dim` of length 1, as a reduction with keepdim leaves it."""
    return tuple([1 if i in dim else size for i, size in enumerate(shape)])


@primitive("sum")
def _sum(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    dtype: DType = x.dtype if is_floating(x.dtype) else int64
    return np.sum(x, axis=dim, keepdims=keepdim, dtype=dtype)


@_sum.vjp(0)
def sum_vjp_0(g: A, _y: object, x: Spec, *, dim: tuple[int, ...], keepdim: bool) -> A:
    return broadcast_to(g if keepdim else reshape(g, _kept(x.shape, dim)), shape=x.shape)


def sum(input: A, dim: Dims = None, keepdim: bool = False) -> A:
    """Add up elements along `dim`, one axis or several; all of them by default. Integers give int64."""
    return _sum(input, dim=normalize_dims("sum", dim, input.ndim), keepdim=keepdim)


@primitive("mean")
def _mean(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    count = product([x.shape[axis] for axis in dim])
    with np.errstate(invalid="ignore"):  # the mean of nothing is NaN
        return np.sum(x, axis=dim, keepdims=keepdim) / count


@_mean.vjp(0)
def mean_vjp_0(g: A, _y: object, x: Spec, *, dim: tuple[int, ...], keepdim: bool) -> A:
    count = product([x.shape[axis] for axis in dim])
    return sum_vjp_0(g / (count or 1), None, x, dim=dim, keepdim=keepdim)


def mean(input: A, dim: Dims = None, keepdim: bool = False) -> A:
    """Average elements along `dim`, one axis or several; all of them by default.

    Raises:
        RuntimeError: `input` is not floating point.
    """
    if not is_floating(input.dtype):
        raise RuntimeError(f"mean: expected a floating-point input, got {input.dtype}; convert it with .float()")
    return _mean(input, dim=normalize_dims("mean", dim, input.ndim), keepdim=keepdim)


@primitive("amax")
def _amax(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    return np.max(x, axis=dim, keepdims=keepdim)


@_amax.vjp(0)
def amax_vjp_0(g: A, y: A, x: A, *, dim: tuple[int, ...], **_: bool) -> A:
    kept = _kept(x.shape, dim)
    ties = cast(x == reshape(y, kept), dtype=x.dtype)
    return reshape(g, kept) * (ties / sum(ties, dim, keepdim=True))


@primitive("amin")
def _amin(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    return np.min(x, axis=dim, keepdims=keepdim)


amin_vjp_0 = _amin.vjp(0)(amax_vjp_0)


def amax(input: A, dim: Dims = None, keepdim: bool = False) -> A:
    """Return the largest element along `dim`, one axis or several; equal maxima share the gradient evenly."""
    dims = normalize_dims("amax", dim, input.ndim)
    _refuse_empty("amax", input.shape, dims)
    return _amax(input, dim=dims, keepdim=keepdim)


def amin(input: A, dim: Dims = None, keepdim: bool = False) -> A:
    """Return the smallest element along `dim`, one axis or several; equal minima share the gradient evenly."""
    dims = normalize_dims("amin", dim, input.ndim)
    _refuse_empty("amin", input.shape, dims)
    return _amin(input, dim=dims, keepdim=keepdim)


def _refuse_empty(op: str, shape: Shape, dims: tuple[int, ...]) -> None:
    if any(shape[dim] == 0 for dim in dims):
        raise IndexError(f"{op}: expected elements to choose from, got shape {shape} with none along dim {dims}")


@primitive("argmax", differentiable=False)
def _argmax(x: Array, *, dim: int | None, keepdim: bool) -> Array:
    return np.argmax(x, axis=dim, keepdims=keepdim)


@primitive("argmin", differentiable=False)
def _argmin(x: Array, *, dim: int | None, keepdim: bool) -> Array:
    return np.argmin(x, axis=dim, keepdims=keepdim)


def argmax(input: A, dim: int | None = None, keepdim: bool = False) -> A:
    """Return the index of the largest element along `dim`, the first of equal ones; into the flat input if None."""
    axis = _index_axis("argmax", dim, input.shape)
    return _argmax(input, dim=axis, keepdim=keepdim)


def argmin(input: A, dim: int | None = None, keepdim: bool = False) -> A:
    """Return the index of the smallest element along `dim`, the first of equal ones; into the flat input if None."""
    axis = _index_axis("argmin", dim, input.shape)
    return _argmin(input, dim=axis, keepdim=keepdim)


def _index_axis(op: str, dim: int | None, shape: Shape) -> int | None:
    axis = None if dim is None or not shape else normalize_dim(op, dim, len(shape))
    _refuse_empty(op, shape, tuple(range(len(shape))) if axis is None else (axis,))
    return axis


class Extremes(NamedTuple, Generic[T]):
    """The largest or smallest elements along an axis, and where each was found."""

    values: T
    indices: T


@overload
def max(input: A, dim: None = None, keepdim: bool = False) -> A: ...
@overload
def max(input: A, dim: int, keepdim: bool = False) -> Extremes[A]: ...
@overload
def max(input: A, dim: A, keepdim: bool = False) -> A: ...
def max(input: A, dim: int | A | None = None, keepdim: bool = False) -> A | Extremes[A]:
    """Return the largest element, the largest along `dim` with their indices, or the larger of two tensors.

    Equal maxima share the gradient evenly in the first form; in the second the first of them gets it all.
    """
    if dim is None:
        return amax(input)
    if not isinstance(dim, int):
        return maximum(input, dim)
    return _extremes("max", argmax, input, dim, keepdim)


@overload
def min(input: A, dim: None = None, keepdim: bool = False) -> A: ...
@overload
def min(input: A, dim: int, keepdim: bool = False) -> Extremes[A]: ...
@overload
def min(input: A, dim: A, keepdim: bool = False) -> A: ...
def min(input: A, dim: int | A | None = None, keepdim: bool = False) -> A | Extremes[A]:
    """Return the smallest element, the smallest along `dim` with their indices, or the smaller of two tensors.

    Equal minima share the gradient evenly in the first form; in the second the first of them gets it all.
    """
    if dim is None:
        return amin(input)
    if not isinstance(dim, int):
        return minimum(input, dim)
    return _extremes("min", argmin, input, dim, keepdim)


def _extremes(name: str, find: Callable[..., A], input: A, dim: int, keepdim: bool) -> Extremes[A]:
    """Return the elements that `find` (argmax or argmin) points at along `dim`, and their indices."""
    x = input if input.ndim else reshape(input, (1,))
    _refuse_empty(name, x.shape, (normalize_dim(name, dim, x.ndim),))
    indices = find(x, dim, keepdim=True)
    values = gather(x, dim, indices)
    if keepdim and input.ndim:
        return Extremes(values, indices)
    return Extremes(squeeze(values, dim), squeeze(indices, dim))
