"""Variance and standard deviation."""

from __future__ import annotations

import warnings

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._checks import normalize_dims
from tinygrad_cnn._dtypes import is_floating
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import A, T, primitive
from tinygrad_cnn.ops.reduce import Dims, keep_axes, mean
from tinygrad_cnn.ops.selection import where
from tinygrad_cnn.ops.shape import product, reshape


def _freedom(shape: Shape, dim: tuple[int, ...], correction: float) -> float:
    """Return the divisor of the sum of squares: the number of elements minus `correction`, at least 0."""
    return max(product([shape[axis] for axis in dim]) - correction, 0)


@primitive()
def _var(x: Array, *, dim: tuple[int, ...], correction: float, keepdim: bool) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        count = product([x.shape[axis] for axis in dim])
        centred = x - kernels.total(x, dim, True) / count if x.size else x
        squares = kernels.dot(centred, centred, dim, keepdim)
        return np.true_divide(squares, _freedom(x.shape, dim, correction), dtype=x.dtype)


@_var.vjp(0)
def var_vjp_0(g: A, _y: object, x: A, *, dim: tuple[int, ...], correction: float, **_: bool) -> A:
    centred = x - mean(x, dim, keepdim=True)
    return reshape(g, keep_axes(x.shape, dim)) * (2 * centred / _freedom(x.shape, dim, correction))


@primitive()
def _std(x: Array, *, dim: tuple[int, ...], correction: float, keepdim: bool) -> Array:
    return np.sqrt(_var.kernel(x, dim=dim, correction=correction, keepdim=keepdim))


@_std.vjp(0)
def std_vjp_0(g: A, y: A, x: A, *, dim: tuple[int, ...], correction: float, **_: bool) -> A:
    flat = y == 0  # √ has no derivative at 0; 0 is used, as for |x|
    return var_vjp_0(where(flat, 0, g / (2 * where(flat, 1, y))), None, x, dim=dim, correction=correction)


def var(
    input: T,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> T:
    """Compute the variance Σ (x − mean)² / (n − correction) along `dim`.

    Args:
        input: any shape, floating point.
        dim: one axis or several; all axes by default.
        unbiased: the older name of `correction`: True for 1, False for 0. May be given in the place of `dim`.
        keepdim: keep the axes, with length 1.
        correction: is subtracted from the number of elements n; 1 by default (Bessel's).

    Raises:
        RuntimeError: `input` is not floating point.
        TypeError: both `unbiased` and `correction` are given.
    """
    return _spread("var", input, dim, unbiased, keepdim, correction)


def std(
    input: T,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> T:
    """Compute the standard deviation √var along `dim`; its gradient is 0 where it is 0. Arguments as for `var`."""
    return _spread("std", input, dim, unbiased, keepdim, correction)


def _spread(op: str, input: T, dim: Dims, unbiased: bool | None, keepdim: bool, correction: float | None) -> T:
    """Check the arguments of `var` or `std` and compute it."""
    if isinstance(dim, bool):
        if unbiased is not None:
            raise TypeError(f"{op}: expected dim as an int, got {dim}")
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(f"{op}: expected unbiased or correction, got both")
    if not is_floating(input.dtype):
        raise RuntimeError(f"{op}: expected a floating-point input, got {input.dtype}; convert it with .float()")
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    dims = normalize_dims(op, dim, input.ndim)
    count = product([input.shape[axis] for axis in dims])
    if count <= correction and product(input.shape):
        warnings.warn(
            f"{op}: {count} elements less a correction of {correction} leave no degree of freedom; the result is not "
            "finite. Pass correction=0 for the deviation within the elements given.",
            UserWarning,
            stacklevel=3,
        )
    compute = _var if op == "var" else _std
    return compute(input, dim=dims, correction=correction, keepdim=keepdim)
