"""Arithmetic, comparisons, exponentials: one output element per broadcast input element.

Each VJP below is written as if inputs had the output's shape; the op sums over broadcast axes afterwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._dtypes import result_type
from tinygrad_cnn._types import A, Array, Scalar
from tinygrad_cnn.autograd import Variable, primitive
from tinygrad_cnn.ops.broadcast import cast, elementwise, fit, promote


@elementwise()
def add(x: Array, other: Array) -> Array:
    """Compute x + other."""
    return np.add(x, other)


@add.vjp(0)
def add_vjp_0(g: A, _y: object, _x: object, _other: object) -> A:
    return g


@add.vjp(1)
def add_vjp_1(g: A, _y: object, _x: object, _other: object) -> A:
    return g


@elementwise()
def sub(x: Array, other: Array) -> Array:
    """Compute x − other."""
    return np.subtract(x, other)


@sub.vjp(0)
def sub_vjp_0(g: A, _y: object, _x: object, _other: object) -> A:
    return g


@sub.vjp(1)
def sub_vjp_1(g: A, _y: object, _x: object, _other: object) -> A:
    return -g


@elementwise()
def mul(x: Array, other: Array) -> Array:
    """Compute x · other."""
    return np.multiply(x, other)


@mul.vjp(0)
def mul_vjp_0(g: A, _y: object, _x: object, other: A) -> A:
    return g * other


@mul.vjp(1)
def mul_vjp_1(g: A, _y: object, x: A, _other: object) -> A:
    return g * x


@elementwise(floating=True)
def div(x: Array, other: Array) -> Array:
    """Compute x / other, ±∞ or NaN where other = 0; integers give the default floating-point dtype."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.true_divide(x, other)


@div.vjp(0)
def div_vjp_0(g: A, _y: object, _x: object, other: A) -> A:
    return g / other


@div.vjp(1)
def div_vjp_1(g: A, _y: object, x: A, other: A) -> A:
    return -g * x / (other * other)


@elementwise()
def neg(x: Array) -> Array:
    """Compute −x."""
    return np.negative(x)


@neg.vjp(0)
def neg_vjp_0(g: A, _y: object, _x: object) -> A:
    return -g


@elementwise()
def pow(x: Array, exponent: Array) -> Array:
    """Compute x to the power `exponent`.

    The gradient is taken as zero in x where the exponent is 0, and in the exponent where x = 0 ≤ exponent: there the
    formulas would give 0 · ∞.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.power(x, exponent)


@pow.vjp(0)
def pow_vjp_0(g: A, _y: object, x: A, exponent: A) -> A:
    return g * (exponent * pow(x, exponent - (exponent != 0)))


@pow.vjp(1)
def pow_vjp_1(g: A, y: A, x: A, exponent: A) -> A:
    zero = (exponent >= 0) & (x == 0)
    one = cast(zero, dtype=y.dtype)  # where it is chosen; its logarithm is 0
    return g * (y * log(where(zero, one, x)))


@elementwise(floating=True)
def exp(x: Array) -> Array:
    """Compute eˣ; ∞ where that overflows."""
    with np.errstate(over="ignore"):
        return np.exp(x)


@exp.vjp(0)
def exp_vjp_0(g: A, y: A, _x: object) -> A:
    return g * y


@elementwise(floating=True)
def log(x: Array) -> Array:
    """Compute the natural logarithm; −∞ at 0 and NaN below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(x)


@log.vjp(0)
def log_vjp_0(g: A, _y: object, x: A) -> A:
    return g / x


@elementwise(floating=True)
def sqrt(x: Array) -> Array:
    """Compute the square root; NaN below 0."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)


@sqrt.vjp(0)
def sqrt_vjp_0(g: A, y: A, _x: object) -> A:
    return g / (2 * y)


@elementwise()
def abs(x: Array) -> Array:
    """Compute |x|; the gradient at 0 is 0."""
    return np.abs(x)


@abs.vjp(0)
def abs_vjp_0(g: A, _y: object, x: A) -> A:
    return g * sign(x)


@elementwise(differentiable=False)
def sign(x: Array) -> Array:
    """Compute −1, 0 or 1 by the sign of x."""
    return np.sign(x)


@elementwise()
def maximum(x: Array, other: Array) -> Array:
    """Compute the larger of the two; where they are equal each gets half of the gradient."""
    return np.maximum(x, other)


@maximum.vjp(0)
def maximum_vjp_0(g: A, _y: object, x: A, other: A) -> A:
    return where(x == other, g / 2, where(x > other, g, 0))


@maximum.vjp(1)
def maximum_vjp_1(g: A, _y: object, x: A, other: A) -> A:
    return where(x == other, g / 2, where(x < other, g, 0))


@elementwise()
def minimum(x: Array, other: Array) -> Array:
    """Compute the smaller of the two; where they are equal each gets half of the gradient."""
    return np.minimum(x, other)


@minimum.vjp(0)
def minimum_vjp_0(g: A, _y: object, x: A, other: A) -> A:
    return where(x == other, g / 2, where(x < other, g, 0))


@minimum.vjp(1)
def minimum_vjp_1(g: A, _y: object, x: A, other: A) -> A:
    return where(x == other, g / 2, where(x > other, g, 0))


def _promote_choices(args: tuple[Any, ...]) -> tuple[Any, ...]:
    condition, *choices = args
    arrays = (Variable, np.ndarray, np.generic)
    if isinstance(condition, Variable) and not any(isinstance(one, arrays) for one in choices):
        choices = [np.asarray(one, result_type(choices)) for one in choices]  # two numbers, by the default dtype
    return (condition, *promote(tuple(choices)))


@primitive(prepare=_promote_choices, fit=fit)
def where(condition: Array, x: Array, other: Array) -> Array:
    """Choose x where `condition` holds and `other` elsewhere; each gets the gradient where it was chosen."""
    return np.where(condition, x, other)


@where.vjp(1)
def where_vjp_1(g: A, _y: object, condition: A, _x: object, _other: object) -> A:
    return where(condition, g, 0)


@where.vjp(2)
def where_vjp_2(g: A, _y: object, condition: A, _x: object, _other: object) -> A:
    return where(condition, 0, g)


@elementwise(differentiable=False)
def eq(x: Array, other: Array) -> Array:
    """Tell whether x = other."""
    return np.equal(x, other)


@elementwise(differentiable=False)
def ne(x: Array, other: Array) -> Array:
    """Tell whether x ≠ other."""
    return np.not_equal(x, other)


@elementwise(differentiable=False)
def lt(x: Array, other: Array) -> Array:
    """Tell whether x < other."""
    return np.less(x, other)


@elementwise(differentiable=False)
def le(x: Array, other: Array) -> Array:
    """Tell whether x ≤ other."""
    return np.less_equal(x, other)


@elementwise(differentiable=False)
def gt(x: Array, other: Array) -> Array:
    """Tell whether x > other."""
    return np.greater(x, other)


@elementwise(differentiable=False)
def ge(x: Array, other: Array) -> Array:
    """Tell whether x ≥ other."""
    return np.greater_equal(x, other)


@elementwise(differentiable=False)
def bitwise_and(x: Array, other: Array) -> Array:
    """Compute the logical AND of booleans, the bitwise AND of integers."""
    return np.bitwise_and(x, other)


@elementwise(differentiable=False)
def bitwise_or(x: Array, other: Array) -> Array:
    """Compute the logical OR of booleans, the bitwise OR of integers."""
    return np.bitwise_or(x, other)


@elementwise(differentiable=False)
def bitwise_not(x: Array) -> Array:
    """Compute the logical NOT of booleans, the bitwise complement of integers."""
    return np.bitwise_not(x)


@elementwise()
def clone(x: Array) -> Array:
    """Copy the values into memory of their own."""
    return x.copy()


@clone.vjp(0)
def clone_vjp_0(g: A, _y: object, _x: object) -> A:
    return g


def clamp(input: A, min: Scalar | None = None, max: Scalar | None = None) -> A:
    """Limit each element to [min, max].

    Raises:
        RuntimeError: neither limit is given.
    """
    if min is None and max is None:
        raise RuntimeError("clamp: expected min, max or both, got neither")
    low = input if min is None else where(input < min, min, input)
    return low if max is None else where(low > max, max, low)
