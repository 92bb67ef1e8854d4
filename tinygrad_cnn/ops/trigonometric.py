"""Circular and hyperbolic functions and their inverses. Angles are in radians."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A
from tinygrad_cnn.ops.broadcast import elementwise
from tinygrad_cnn.ops.exponential import rsqrt
from tinygrad_cnn.ops.selection import where


@elementwise(floating=True)
def sin(x: Array) -> Array:
    """Compute the sine of an angle in radians."""
    with np.errstate(invalid="ignore"):
        return np.sin(x)


@sin.vjp(0)
def sin_vjp_0(g: A, _y: object, x: A) -> A:
    return g * cos(x)


@elementwise(floating=True)
def cos(x: Array) -> Array:
    """Compute the cosine of an angle in radians."""
    with np.errstate(invalid="ignore"):
        return np.cos(x)


@cos.vjp(0)
def cos_vjp_0(g: A, _y: object, x: A) -> A:
    return -g * sin(x)


@elementwise(floating=True)
def tan(x: Array) -> Array:
    """Compute the tangent of an angle in radians."""
    with np.errstate(invalid="ignore"):
        return np.tan(x)


@tan.vjp(0)
def tan_vjp_0(g: A, y: A, _x: object) -> A:
    return g * (1 + y * y)


@elementwise(floating=True)
def asin(x: Array) -> Array:
    """Compute the angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]. The gradient at ±1 is ∞."""
    with np.errstate(invalid="ignore"):
        return np.arcsin(x)


@asin.vjp(0)
def asin_vjp_0(g: A, _y: object, x: A) -> A:
    return g * rsqrt(1 - x * x)


@elementwise(floating=True)
def acos(x: Array) -> Array:
    """Compute the angle in [0, π] whose cosine is x; NaN outside [−1, 1]. The gradient at ±1 is −∞."""
    with np.errstate(invalid="ignore"):
        return np.arccos(x)


@acos.vjp(0)
def acos_vjp_0(g: A, _y: object, x: A) -> A:
    return -g * rsqrt(1 - x * x)


@elementwise(floating=True)
def atan(x: Array) -> Array:
    """Compute the angle in (−π/2, π/2) whose tangent is x."""
    return np.arctan(x)


@atan.vjp(0)
def atan_vjp_0(g: A, _y: object, x: A) -> A:
    return g / (1 + x * x)


@elementwise(floating=True)
def atan2(x: Array, other: Array) -> Array:
    """Compute the angle in (−π, π] of the point with ordinate x and abscissa `other`; the gradient at (0, 0) is 0."""
    return np.arctan2(x, other)


@atan2.vjp(0)
def atan2_vjp_0(g: A, _y: object, x: A, other: A) -> A:
    return g * (other / _squares(x, other))


@atan2.vjp(1)
def atan2_vjp_1(g: A, _y: object, x: A, other: A) -> A:
    return -g * (x / _squares(x, other))


def _squares(x: A, other: A) -> A:
    """Return the squared distance of a point from the origin, 1 for the origin itself."""
    distance = x * x + other * other
    return where(distance == 0, 1, distance)


@elementwise(floating=True)
def sinh(x: Array) -> Array:
    """Compute the hyperbolic sine (eˣ − e⁻ˣ) / 2; ±∞ where that overflows."""
    with np.errstate(over="ignore"):
        return np.sinh(x)


@sinh.vjp(0)
def sinh_vjp_0(g: A, _y: object, x: A) -> A:
    return g * cosh(x)


@elementwise(floating=True)
def cosh(x: Array) -> Array:
    """Compute the hyperbolic cosine (eˣ + e⁻ˣ) / 2; ∞ where that overflows."""
    with np.errstate(over="ignore"):
        return np.cosh(x)


@cosh.vjp(0)
def cosh_vjp_0(g: A, _y: object, x: A) -> A:
    return g * sinh(x)


@elementwise(floating=True)
def asinh(x: Array) -> Array:
    """Compute the inverse of the hyperbolic sine."""
    return np.arcsinh(x)


@asinh.vjp(0)
def asinh_vjp_0(g: A, _y: object, x: A) -> A:
    return g * rsqrt(x * x + 1)


@elementwise(floating=True)
def acosh(x: Array) -> Array:
    """Compute the inverse of the hyperbolic cosine; NaN below 1. The gradient at 1 is ∞."""
    with np.errstate(invalid="ignore"):
        return np.arccosh(x)


@acosh.vjp(0)
def acosh_vjp_0(g: A, _y: object, x: A) -> A:
    return g * rsqrt(x * x - 1)


@elementwise(floating=True)
def atanh(x: Array) -> Array:
    """Compute the inverse of the hyperbolic tangent; ±∞ at ±1 and NaN beyond."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.arctanh(x)


@atanh.vjp(0)
def atanh_vjp_0(g: A, _y: object, x: A) -> A:
    return g / (1 - x * x)
