"""Choosing between values, element by element: where, maximum, minimum, clamp."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._dtypes import result_type
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, Operand, T, Variable, primitive
from tinygrad_cnn.ops.broadcast import Args, elementwise, fit, promote, refuse


@elementwise()
def maximum(x: Array, other: Array) -> Array:
    """Compute the larger of the two, NaN if either is; where they are equal each gets half of the gradient."""
    return np.maximum(x, other)


@maximum.vjp(0)
def maximum_vjp_0(g: A, _y: object, x: A, other: A) -> A:
    return where(x == other, g / 2, where(x < other, 0, g))


@maximum.vjp(1)
def maximum_vjp_1(g: A, _y: object, x: A, other: A) -> A:
    return where(x == other, g / 2, where(x > other, 0, g))


@elementwise()
def minimum(x: Array, other: Array) -> Array:
    """Compute the smaller of the two, NaN if either is; where they are equal each gets half of the gradient."""
    return np.minimum(x, other)


minimum_vjp_0 = minimum.vjp(0)(maximum_vjp_1)
minimum_vjp_1 = minimum.vjp(1)(maximum_vjp_0)


def _promote_choices(args: Args) -> Args:
    condition, *choices = args
    arrays = (Variable, np.ndarray, np.generic)
    if isinstance(condition, Variable):
        if condition.dtype.kind != "b" and condition.dtype != np.uint8:
            raise RuntimeError(f"where: expected a condition of booleans, got {condition.dtype}; use .bool()")
        if not any(isinstance(one, arrays) for one in choices):
            choices = [np.asarray(one, result_type(choices)) for one in choices]  # two numbers, by the default dtype
    return (condition, *promote(tuple(choices)))


@primitive(prepare=_promote_choices, fit=fit, explain=refuse)
def where(condition: Array, x: Array, other: Array) -> Array:
    """Choose x where `condition` holds and `other` elsewhere; each of the two gets the gradient where it was chosen."""
    return kernels.select(np.asarray(condition), x, other)


@where.vjp(1)
def where_vjp_1(g: A, _y: object, condition: A, _x: object, _other: object) -> A:
    return where(condition, g, 0)


@where.vjp(2)
def where_vjp_2(g: A, _y: object, condition: A, _x: object, _other: object) -> A:
    return where(condition, 0, g)


def _promote_limits(args: Args) -> Args:
    given = iter(promote(tuple([arg for arg in args if arg is not None])))
    return tuple([None if arg is None else next(given) for arg in args])


def _clamped(x: Array, low: Array | None, high: Array | None) -> Array:
    if low is not None:
        x = np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


@primitive(_clamped, prepare=_promote_limits, fit=fit, explain=refuse)
def _clamp(x: T, low: Operand | None, high: Operand | None) -> T: ...


@_clamp.vjp(0)
def clamp_vjp_0(g: A, _y: object, x: A, low: A | None, high: A | None) -> A:
    if low is not None:
        g = where(x >= low, g, 0)
    return g if high is None else where(x <= high, g, 0)


@_clamp.vjp(1)
def clamp_vjp_1(g: A, _y: object, x: A, low: A, high: A | None) -> A:
    g = where(x < low, g, 0)
    return g if high is None else where(low < high, g, 0)


@_clamp.vjp(2)
def clamp_vjp_2(g: A, _y: object, x: A, low: A | None, high: A) -> A:
    chosen = x > high
    return where(chosen if low is None else chosen | (high < low), g, 0)


def clamp(input: T, min: Operand | None = None, max: Operand | None = None) -> T:
    """Limit each element to [min, max]: y = min(max(x, min), max); `max` wins where the limits cross.

    An element on a limit or between the limits gets its gradient; for an element beyond a limit, the limit gets it.

    Args:
        input: values.
        min: the least value, a number or a tensor that broadcasts; None for no limit.
        max: the greatest value, likewise.

    Raises:
        RuntimeError: neither limit is given.
    """
    if min is None and max is None:
        raise RuntimeError("clamp: expected min, max or both, got neither")
    return _clamp(input, min, max)


clip = clamp
