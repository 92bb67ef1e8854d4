"""Powers, roots, exponentials, logarithms, and the error function."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A
from tinygrad_cnn.ops.broadcast import cast, elementwise
from tinygrad_cnn.ops.selection import where


@elementwise()
def pow(x: Array, exponent: Array) -> Array:
    """Compute x to the power `exponent`.

    The gradient is taken as zero in x where the exponent is 0, and in the exponent where x = 0 ≤ exponent: in these
    cases the formulas would give 0 · ∞. An integer to the power of a negative integer in a tensor is rounded toward
    zero, and 0 for the base 0.

    Raises:
        RuntimeError: booleans, or an integer tensor to a negative power given as a number.
    """
    dtype = np.result_type(x, exponent)
    if dtype.kind == "b":
        raise TypeError("booleans have no powers; convert them with .int()")
    if isinstance(exponent, np.ndarray) and dtype.kind in "iu" and np.any(exponent < 0):
        return np.where(exponent < 0, _inverse_power(np.asarray(x, dtype), exponent), np.power(x, np.abs(exponent)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.power(x, exponent)


def _inverse_power(x: Array, exponent: Array) -> Array:
    """Return integers to negative powers, rounded toward zero: 0 except for the bases 1 and −1."""
    return np.where(x == 1, 1, np.where(x == -1, 1 - 2 * (exponent % 2), 0)).astype(x.dtype)


@pow.vjp(0)
def pow_vjp_0(g: A, _y: object, x: A, exponent: A) -> A:
    slope = g * (exponent * pow(x, exponent + (exponent == 0) - 1))
    return slope if isinstance(exponent, int | float) else where(exponent == 0, 0, slope)


@pow.vjp(1)
def pow_vjp_1(g: A, y: A, x: A, exponent: A) -> A:
    zero = (exponent >= 0) & (x == 0)
    one = cast(zero, dtype=y.dtype)  # in place of x where the gradient is 0: log 1 = 0
    return g * (y * log(where(zero, one, x)))


@elementwise()
def square(x: Array) -> Array:
    """Compute x²; booleans give integers."""
    return np.square(x.astype(np.int64) if np.result_type(x).kind == "b" else x)


@square.vjp(0)
def square_vjp_0(g: A, _y: object, x: A) -> A:
    return g * (2 * x)


@elementwise(floating=True)
def reciprocal(x: Array) -> Array:
    """Compute 1 / x; ±∞ at 0."""
    with np.errstate(divide="ignore"):
        return np.true_divide(1, x)


@reciprocal.vjp(0)
def reciprocal_vjp_0(g: A, y: A, _x: object) -> A:
    return -g * (y * y)


@elementwise(floating=True)
def sqrt(x: Array) -> Array:
    """Compute the square root; NaN below 0. The gradient at 0 is ∞, but 0 where g is 0."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)


@sqrt.vjp(0)
def sqrt_vjp_0(g: A, y: A, _x: object) -> A:
    return g / (2 * where((g == 0) & ~(y > 0), 1, y))  # ~: y is NaN below 0


@elementwise(floating=True)
def rsqrt(x: Array) -> Array:
    """Compute 1 / √x; ∞ at 0 and NaN below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.true_divide(1, np.sqrt(x))


@rsqrt.vjp(0)
def rsqrt_vjp_0(g: A, y: A, _x: object) -> A:
    return g * (-0.5 * (y * y * y))


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
    """Compute the natural logarithm; −∞ at 0 and NaN below.

    The gradient at 0 is ∞, but 0 where g is 0: the gradient of ``where(x > 0, log(x), 0)`` has no NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(x)


@log.vjp(0)
def log_vjp_0(g: A, _y: object, x: A) -> A:
    return g / where((g == 0) & (x == 0), 1, x)


@elementwise(floating=True)
def log2(x: Array) -> Array:
    """Compute the logarithm to the base 2; values and gradients at and below 0 as for `log`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log2(x)


@log2.vjp(0)
def log2_vjp_0(g: A, _y: object, x: A) -> A:
    return g / (where((g == 0) & (x == 0), 1, x) * _LOG_2)


@elementwise(floating=True)
def log10(x: Array) -> Array:
    """Compute the logarithm to the base 10; values and gradients at and below 0 as for `log`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(x)


@log10.vjp(0)
def log10_vjp_0(g: A, _y: object, x: A) -> A:
    return g / (where((g == 0) & (x == 0), 1, x) * _LOG_10)


@elementwise(floating=True)
def log1p(x: Array) -> Array:
    """Compute log(1 + x), exact for small x; −∞ at −1 and NaN below. The gradient at −1 is that of `log` at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log1p(x)


@log1p.vjp(0)
def log1p_vjp_0(g: A, _y: object, x: A) -> A:
    return g / where((g == 0) & (x == -1), 1, x + 1)


@elementwise(floating=True)
def expm1(x: Array) -> Array:
    """Compute eˣ − 1, exact for small x; ∞ where that overflows."""
    with np.errstate(over="ignore"):
        return np.expm1(x)


@expm1.vjp(0)
def expm1_vjp_0(g: A, y: A, _x: object) -> A:
    return g * (y + 1)


_LOG_2, _LOG_10 = math.log(2), math.log(10)
_SLOPE = 2 / math.sqrt(math.pi)


@elementwise(floating=True)
def erf(x: Array) -> Array:
    """Compute the error function 2 / √π · ∫₀ˣ e^(−t²) dt, to two units in the last place."""
    return kernels.erf(np.asarray(x))


@erf.vjp(0)
def erf_vjp_0(g: A, _y: object, x: A) -> A:
    return g * (_SLOPE * exp(-x * x))
