"""Order along an axis: sort, the k largest elements, the median, the mode.

Each operation finds indices, which pass no gradient, and gathers the values at them, which do.
"""

from __future__ import annotations

from typing import overload

import numpy as np

from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, T, primitive
from tinygrad_cnn.ops.arithmetic import add, mul, sub
from tinygrad_cnn.ops.broadcast import cast
from tinygrad_cnn.ops.comparison import ne
from tinygrad_cnn.ops.gather import gather
from tinygrad_cnn.ops.reduce import Found, found_at, refuse_booleans, refuse_empty
from tinygrad_cnn.ops.reduce import sum as _sum
from tinygrad_cnn.ops.shape import reshape, with_axes
from tinygrad_cnn.ops.slices import narrow


@primitive(differentiable=False)
def _argsort(x: Array, *, dim: int, descending: bool) -> Array:
    if not descending:
        return np.argsort(x, dim, kind="stable")
    backwards = np.argsort(np.flip(x, dim), dim, kind="stable")  # so that equal elements keep their order
    return x.shape[dim] - 1 - np.flip(backwards, dim)


def argsort(input: T, dim: int = -1, descending: bool = False, stable: bool = False) -> T:  # noqa: ARG001
    """Return the indices that sort `input` along `dim`; NaN counts as the largest.

    Equal elements always keep their order, whatever `stable` is.
    """
    return sort(input, dim, descending).indices


def sort(input: T, dim: int = -1, descending: bool = False, stable: bool = False) -> Found[T]:  # noqa: ARG001
    """Return the sorted elements along `dim`, and the index of each; NaN counts as the largest.

    Equal elements always keep their order, whatever `stable` is.
    """
    axis = normalize_dim("sort", dim, input.ndim)
    x = with_axes(input)
    return _read(input, x, axis, _argsort(x, dim=axis, descending=descending))


def topk(input: T, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Found[T]:  # noqa: ARG001
    """Return the `k` largest elements along `dim`, and the index of each; the smallest unless `largest`.

    They are always in order, whatever `sorted` is.

    Raises:
        RuntimeError: there are fewer than `k` elements along `dim`.
    """
    axis = normalize_dim("topk", dim, input.ndim)
    x = with_axes(input)
    if not 0 <= k <= x.shape[axis]:
        raise RuntimeError(f"topk: expected k in [0, {x.shape[axis]}] along dim {dim}, got {k}")
    refuse_booleans("topk", x)
    return _read(input, x, axis, narrow(_argsort(x, dim=axis, descending=largest), axis, 0, k))


@overload
def median(input: T, dim: None = None, keepdim: bool = False) -> T: ...
@overload
def median(input: T, dim: int, keepdim: bool = False) -> Found[T]: ...
def median(input: T, dim: int | None = None, keepdim: bool = False) -> T | Found[T]:
    """Return the median, the lower of two middle elements; along `dim`, with its index.

    The median is NaN if an element is. Without `dim`, equal elements share the gradient evenly; along `dim`, the chosen
    element gets all of it.

    Raises:
        IndexError: there are no elements along `dim`.
    """
    refuse_booleans("median", input)
    if dim is None:
        return _median(input)
    axis = normalize_dim("median", dim, input.ndim)
    x = with_axes(input)
    refuse_empty("median", x.shape, (axis,), dim)
    order = _argsort(x, dim=axis, descending=False)
    middle = narrow(order, axis, (x.shape[axis] - 1) // 2, 1)
    if x.dtype.kind == "f":  # NaN is the largest, so that it stands last
        last = narrow(order, axis, x.shape[axis] - 1, 1)
        found = gather(x, axis, last)
        middle = add(middle, mul(sub(last, middle), ne(found, found)))
    return found_at(middle, x, axis, keepdim and input.ndim > 0)


@primitive()
def _median(x: Array) -> Array:
    if not x.size:
        return np.asarray(np.nan if x.dtype.kind == "f" else np.iinfo(x.dtype).min, x.dtype)
    flat = np.sort(x, None)
    return flat[-1] if flat[-1] != flat[-1] else flat[(flat.size - 1) // 2]


@_median.vjp(0)
def median_vjp_0(g: A, y: A, x: A) -> A:
    chosen = cast((x == y) | (x != x), dtype=x.dtype)  # a NaN is the median
    return g * (chosen / _sum(chosen))


def mode(input: T, dim: int = -1, keepdim: bool = False) -> Found[T]:
    """Return the most frequent element along `dim`, the smallest of equally frequent elements, and its last index.

    Raises:
        IndexError: there are no elements along `dim`.
    """
    axis = normalize_dim("mode", dim, input.ndim)
    x = with_axes(input)
    refuse_empty("mode", x.shape, (axis,), dim)
    return found_at(_mode(x, dim=axis), x, axis, keepdim and input.ndim > 0)


@primitive(differentiable=False)
def _mode(x: Array, *, dim: int) -> Array:
    order = np.argsort(x, dim, kind="stable")
    ranked = np.take_along_axis(x, order, dim)
    position = np.arange(x.shape[dim]).reshape([-1 if i == dim else 1 for i in range(x.ndim)])
    new = np.ones(x.shape, bool)
    after = tuple([slice(1, None) if i == dim else slice(None) for i in range(x.ndim)])
    new[after] = np.diff(ranked, axis=dim) != 0
    begun = np.maximum.accumulate(np.where(new, position, 0), axis=dim)  # where the run of equal elements began
    best = np.argmax(position - begun, axis=dim, keepdims=True)  # the first end of a longest run
    return np.take_along_axis(order, best, dim)


def _read(input: T, x: T, axis: int, indices: T) -> Found[T]:
    """Return the elements of `x` at `indices`, as 0-d tensors if `input`, of which `x` is the 1-d form, is 0-d."""
    values = gather(x, axis, indices)
    if input.ndim or indices.shape != (1,):
        return Found(values, indices)
    return Found(reshape(values, ()), reshape(indices, ()))
