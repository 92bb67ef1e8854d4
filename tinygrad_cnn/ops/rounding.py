"""Rounding to whole numbers, or to decimals. Results are piecewise constant, so gradients are 0."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, T
from tinygrad_cnn.ops.broadcast import elementwise
from tinygrad_cnn.ops.selection import where


def _numbers(x: Array) -> Array:
    """Return `x`; booleans are refused."""
    if np.result_type(x).kind == "b":
        raise TypeError("booleans are not rounded")
    return x


@elementwise()
def floor(x: Array) -> Array:
    """Compute ⌊x⌋, the largest integer ≤ x; the gradient is 0."""
    return np.floor(_numbers(x))


@floor.vjp(0)
def floor_vjp_0(g: A, _y: object, _x: object) -> A:
    return where(False, g, 0)


@elementwise()
def ceil(x: Array) -> Array:
    """Compute ⌈x⌉, the smallest integer ≥ x; the gradient is 0."""
    return np.ceil(_numbers(x))


ceil_vjp_0 = ceil.vjp(0)(floor_vjp_0)


@elementwise()
def trunc(x: Array) -> Array:
    """Compute x rounded toward zero; the gradient is 0."""
    return np.trunc(_numbers(x))


trunc_vjp_0 = trunc.vjp(0)(floor_vjp_0)


@elementwise()
def _round(x: Array, *, decimals: int) -> Array:
    kind = np.result_type(_numbers(x)).kind
    if kind != "f":
        if decimals:
            raise TypeError("integers are rounded to whole numbers only; convert them with .float()")
        return np.array(x)
    if decimals == 0:
        return np.rint(x)
    with np.errstate(over="ignore", invalid="ignore"):
        scale = x.dtype.type(10.0 ** abs(decimals))
        return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale


@_round.vjp(0)
def round_vjp_0(g: A, _y: object, _x: object, **_: int) -> A:
    return where(False, g, 0)


def round(input: T, *, decimals: int = 0) -> T:
    """Round to `decimals` decimal places, halves to the even neighbour; the gradient is 0.

    Args:
        input: any shape. Integers are returned unchanged.
        decimals: the number of digits to keep after the decimal point; a negative number rounds to tens, hundreds, …

    Raises:
        RuntimeError: `input` is boolean, or integer and `decimals` is not 0.
    """
    return _round(input, decimals=decimals)
