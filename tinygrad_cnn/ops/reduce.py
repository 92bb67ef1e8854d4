"""Reductions: sum, mean, log-sum-exp, all, any, maxima and minima over axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, overload

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._checks import normalize_dim, normalize_dims
from tinygrad_cnn._dtypes import int64, is_floating, uint8
from tinygrad_cnn._types import Array, DType, DTypeLike, Shape
from tinygrad_cnn.autograd import A, Spec, T, Values, primitive
from tinygrad_cnn.ops.broadcast import broadcast_to, cast, convert, promote_to_float
from tinygrad_cnn.ops.exponential import exp
from tinygrad_cnn.ops.gather import gather
from tinygrad_cnn.ops.selection import maximum, minimum
from tinygrad_cnn.ops.shape import product, reshape, squeeze, with_axes

Dims = int | Sequence[int] | None


def keep_axes(shape: Shape, dim: tuple[int, ...]) -> Shape:
    """Return `shape` with length 1 for the axes `dim`, the shape after a reduction with keepdim."""
    return tuple([1 if i in dim else size for i, size in enumerate(shape)])


@primitive()
def _sum(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    if is_floating(x.dtype):
        return kernels.total(x, dim, keepdim)
    return np.sum(x, axis=dim, keepdims=keepdim, dtype=int64)


@_sum.vjp(0)
def sum_vjp_0(g: A, _y: object, x: Spec, *, dim: tuple[int, ...], keepdim: bool) -> A:
    return broadcast_to(g if keepdim else reshape(g, keep_axes(x.shape, dim)), shape=x.shape)


def sum(input: T, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> T:
    """Add up elements along `dim`.

    Args:
        input: any shape. Integers and booleans give int64.
        dim: one axis or several; all axes by default.
        keepdim: keep the summed axes, with length 1.
        dtype: convert `input` to this dtype first.
    """
    total = _sum(convert(input, dtype), dim=normalize_dims("sum", dim, input.ndim), keepdim=keepdim)
    return convert(total, dtype)


@primitive()
def _mean(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    count = product([x.shape[axis] for axis in dim])
    with np.errstate(invalid="ignore"):  # the mean over no elements is NaN
        return kernels.total(x, dim, keepdim) / count


@_mean.vjp(0)
def mean_vjp_0(g: A, _y: object, x: Spec, *, dim: tuple[int, ...], keepdim: bool) -> A:
    count = product([x.shape[axis] for axis in dim])
    return sum_vjp_0(g / (count or 1), None, x, dim=dim, keepdim=keepdim)


def mean(input: T, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> T:
    """Average elements along `dim`.

    Args:
        input: any shape, floating point.
        dim: one axis or several; all axes by default.
        keepdim: keep the averaged axes, with length 1.
        dtype: convert `input` to this dtype first.

    Raises:
        RuntimeError: `input`, converted, is not floating point.
    """
    x = convert(input, dtype)
    if not is_floating(x.dtype):
        raise RuntimeError(f"mean: expected a floating-point input, got {x.dtype}; convert it with .float()")
    return _mean(x, dim=normalize_dims("mean", dim, x.ndim), keepdim=keepdim)


@primitive()
def _logsumexp(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    top = np.max(x, axis=dim, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(top), top, 0)  # not ±∞: ∞ − ∞ is NaN
    with np.errstate(divide="ignore", over="ignore"):  # the result over no elements is log 0 = −∞
        y = np.log(kernels.total(np.exp(x - shift), dim, True)) + shift
    return y if keepdim else np.squeeze(y, axis=dim)


@_logsumexp.vjp(0)
def logsumexp_vjp_0(g: A, y: A, x: A, *, dim: tuple[int, ...], **_: bool) -> A:
    kept = keep_axes(x.shape, dim)
    return reshape(g, kept) * exp(x - reshape(y, kept))


def logsumexp(input: T, dim: int | Sequence[int], keepdim: bool = False) -> T:
    """Compute log Σ exp(x) along `dim`, shifted by the maximum so that nothing overflows.

    Args:
        input: any shape. Integers and booleans become the default floating-point dtype.
        dim: one axis or several.
        keepdim: keep the axes, with length 1.
    """
    (x,) = promote_to_float((input,))
    return _logsumexp(x, dim=normalize_dims("logsumexp", dim, input.ndim), keepdim=keepdim)


@primitive(differentiable=False)
def _all(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    return np.all(x, axis=dim, keepdims=keepdim)


@primitive(differentiable=False)
def _any(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    return np.any(x, axis=dim, keepdims=keepdim)


def all(input: T, dim: Dims = None, keepdim: bool = False) -> T:
    """Return whether every element along `dim`, one axis or several, is nonzero; true if there are no elements.

    The result is boolean, but uint8 for uint8.
    """
    return _truth(_all(input, dim=normalize_dims("all", dim, input.ndim), keepdim=keepdim), input.dtype)


def any(input: T, dim: Dims = None, keepdim: bool = False) -> T:
    """Return whether some element along `dim`, one axis or several, is nonzero; false if there are no elements.

    The result is boolean, but uint8 for uint8.
    """
    return _truth(_any(input, dim=normalize_dims("any", dim, input.ndim), keepdim=keepdim), input.dtype)


def _truth(answer: T, dtype: DType) -> T:
    return cast(answer, dtype=uint8) if dtype == uint8 else answer


@primitive()
def _amax(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    return np.max(x, axis=dim, keepdims=keepdim)


@_amax.vjp(0)
def amax_vjp_0(g: A, y: A, x: A, *, dim: tuple[int, ...], **_: bool) -> A:
    kept = keep_axes(x.shape, dim)
    ties = cast(x == reshape(y, kept), dtype=x.dtype)
    return reshape(g, kept) * (ties / sum(ties, dim, keepdim=True))


@primitive()
def _amin(x: Array, *, dim: tuple[int, ...], keepdim: bool) -> Array:
    return np.min(x, axis=dim, keepdims=keepdim)


amin_vjp_0 = _amin.vjp(0)(amax_vjp_0)


def amax(input: T, dim: Dims = None, keepdim: bool = False) -> T:
    """Return the largest element along `dim`, one axis or several; equal maxima share the gradient evenly."""
    dims = normalize_dims("amax", dim, input.ndim)
    refuse_empty("amax", input.shape, dims, dim)
    return _amax(input, dim=dims, keepdim=keepdim)


def amin(input: T, dim: Dims = None, keepdim: bool = False) -> T:
    """Return the smallest element along `dim`, one axis or several; equal minima share the gradient evenly."""
    dims = normalize_dims("amin", dim, input.ndim)
    refuse_empty("amin", input.shape, dims, dim)
    return _amin(input, dim=dims, keepdim=keepdim)


def refuse_booleans(op: str, x: Values) -> None:
    """Raise if `x` holds booleans, which have no order."""
    if x.dtype.kind == "b":
        raise RuntimeError(f"{op}: expected numbers, got booleans; convert them with .int()")


def refuse_empty(op: str, shape: Shape, dims: tuple[int, ...], dim: object) -> None:
    """Raise if there are no elements along `dims`; `dim` is the argument of the caller."""
    if 0 in [shape[axis] for axis in dims]:
        unnamed = dim in (None, (), []) and not op.startswith("arg")
        kind = RuntimeError if unnamed else IndexError  # PyTorch's choice
        raise kind(f"{op}: expected elements to choose from, got shape {shape} with none along dim {dims}")


@primitive(differentiable=False)
def _argmax(x: Array, *, dim: int | None, keepdim: bool) -> Array:
    return np.argmax(x, axis=dim, keepdims=keepdim)


@primitive(differentiable=False)
def _argmin(x: Array, *, dim: int | None, keepdim: bool) -> Array:
    return np.argmin(x, axis=dim, keepdims=keepdim)


def argmax(input: T, dim: int | None = None, keepdim: bool = False) -> T:
    """Return the index of the largest element along `dim`, or in the flattened input if None; the first if several."""
    axis = _index_axis("argmax", dim, input)
    return _argmax(input, dim=axis, keepdim=keepdim)


def argmin(input: T, dim: int | None = None, keepdim: bool = False) -> T:
    """Return the index of the smallest element along `dim`, or in the flattened input if None; the first if several."""
    axis = _index_axis("argmin", dim, input)
    return _argmin(input, dim=axis, keepdim=keepdim)


def _index_axis(op: str, dim: int | None, input: T) -> int | None:
    refuse_booleans(op, input)
    shape = input.shape
    axis = None if dim is None else normalize_dim(op, dim, len(shape))
    refuse_empty(op, shape, tuple(range(len(shape))) if axis is None or not shape else (axis,), dim)
    return axis if shape else None


class Found(NamedTuple, Generic[T]):
    """The elements that were chosen along an axis, and the index of each."""

    values: T
    indices: T


@overload
def max(input: T, dim: None = None, keepdim: bool = False) -> T: ...
@overload
def max(input: T, dim: int, keepdim: bool = False) -> Found[T]: ...
@overload
def max(input: T, dim: Values, keepdim: bool = False) -> T: ...
def max(input: T, dim: int | T | None = None, keepdim: bool = False) -> T | Found[T]:
    """Return the largest element, the largest along `dim` with their indices, or the larger of two tensors.

    Equal maxima share the gradient evenly in the first form; in the second form the first of them gets all of it.
    """
    if dim is None:
        return amax(input)
    if not isinstance(dim, int):
        return maximum(input, dim)
    return _extremes("max", _argmax, input, dim, keepdim)


@overload
def min(input: T, dim: None = None, keepdim: bool = False) -> T: ...
@overload
def min(input: T, dim: int, keepdim: bool = False) -> Found[T]: ...
@overload
def min(input: T, dim: Values, keepdim: bool = False) -> T: ...
def min(input: T, dim: int | T | None = None, keepdim: bool = False) -> T | Found[T]:
    """Return the smallest element, the smallest along `dim` with their indices, or the smaller of two tensors.

    Equal minima share the gradient evenly in the first form; in the second form the first of them gets all of it.
    """
    if dim is None:
        return amin(input)
    if not isinstance(dim, int):
        return minimum(input, dim)
    return _extremes("min", _argmin, input, dim, keepdim)


def _extremes(name: str, find: Callable[..., T], input: T, dim: int, keepdim: bool) -> Found[T]:
    """Return the elements whose indices along `dim` `find` returns (_argmax or _argmin), and the indices."""
    axis = normalize_dim(name, dim, input.ndim)
    x = with_axes(input)
    refuse_empty(name, x.shape, (axis,), dim)
    return found_at(find(x, dim=axis, keepdim=True), x, axis, keepdim and input.ndim > 0)


def found_at(indices: T, x: T, axis: int, keepdim: bool) -> Found[T]:
    """Return the elements of `x` at `indices`, one along `axis`, which is dropped unless `keepdim`."""
    found = Found(gather(x, axis, indices), indices)
    return found if keepdim else Found(squeeze(found.values, axis), squeeze(indices, axis))
