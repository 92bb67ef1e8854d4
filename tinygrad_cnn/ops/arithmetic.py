"""Arithmetic: one output element per broadcast input element.

Each VJP below is written as if inputs had the output's shape; the op sums over broadcast axes afterwards. As in
PyTorch, booleans are refused by operations that divide or need a sign.
"""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from tinygrad_cnn._types import Array, Scalar
from tinygrad_cnn.autograd import A, Operand, T, Variable
from tinygrad_cnn.ops.broadcast import Args, elementwise, promote
from tinygrad_cnn.ops.selection import where


def _scaled(op: str, x: Array, other: Array, alpha: Scalar) -> Array:
    """Return alpha · other in the dtype of x + other."""
    dtype = np.result_type(x, other)
    if dtype.kind != "f" and isinstance(alpha, float):
        raise RuntimeError(f"{op}: expected alpha as an int for tensors of {dtype}, got {alpha}")
    return np.multiply(other, dtype.type(alpha))


@elementwise()
def add(x: Array, other: Array, *, alpha: Scalar = 1) -> Array:
    """Compute x + alpha · other.

    Raises:
        RuntimeError: `alpha` is a float and the result would be integers.
    """
    return np.add(x, other if alpha == 1 else _scaled("add", x, other, alpha))


@add.vjp(0)
def add_vjp_0(g: A, _y: object, _x: object, _other: object, **_: object) -> A:
    return g


@add.vjp(1)
def add_vjp_1(g: A, _y: object, _x: object, _other: object, *, alpha: Scalar = 1) -> A:
    return g if alpha == 1 else g * alpha


def _promote_signed(args: Args) -> Args:
    promoted = promote(args)
    if promoted is not args and any(_is_boolean(arg) for arg in args):
        raise RuntimeError("sub: expected numbers, got booleans; use ~ or ^ (logical_not, logical_xor) on masks")
    return promoted


def _is_boolean(arg: object) -> bool:
    return isinstance(arg, bool) or (isinstance(arg, Variable) and arg.dtype.kind == "b")


@elementwise(prepare=_promote_signed)
def sub(x: Array, other: Array, *, alpha: Scalar = 1) -> Array:
    """Compute x − alpha · other.

    Raises:
        RuntimeError: an operand is boolean, or `alpha` is a float and the result would be integers.
    """
    return np.subtract(x, other if alpha == 1 else _scaled("sub", x, other, alpha))


@sub.vjp(0)
def sub_vjp_0(g: A, _y: object, _x: object, _other: object, **_: object) -> A:
    return g


@sub.vjp(1)
def sub_vjp_1(g: A, _y: object, _x: object, _other: object, *, alpha: Scalar = 1) -> A:
    return -g if alpha == 1 else g * -alpha


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


@elementwise(name="div", floating=True)
def true_divide(x: Array, other: Array) -> Array:
    """Compute x / other, ±∞ or NaN where other = 0; integers give the default floating-point dtype."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.true_divide(x, other)


@true_divide.vjp(0)
def div_vjp_0(g: A, _y: object, _x: object, other: A) -> A:
    return g / other


@true_divide.vjp(1)
def div_vjp_1(g: A, _y: object, x: A, other: A) -> A:
    return -g * (x / other / other)  # other² may underflow


def _check_division(op: str, x: Array, other: Array) -> None:
    """Raise for booleans, and for integers divided by 0."""
    kind = np.result_type(x, other).kind
    if kind == "b":
        raise TypeError("booleans are not divided")
    if kind != "f" and np.any(np.equal(other, 0)):
        raise RuntimeError(f"{op}: expected integers other than 0 to divide by (ZeroDivisionError)")


@elementwise()
def floor_divide(x: Array, other: Array) -> Array:
    """Compute ⌊x / other⌋, as Python's ``//``; its gradient is 0 wherever it exists.

    Raises:
        RuntimeError: integers are divided by 0, or booleans.
    """
    _check_division("floor_divide", x, other)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.floor_divide(x, other)


@floor_divide.vjp(0)
def floor_divide_vjp_0(g: A, _y: object, _x: object, _other: object) -> A:
    return where(False, g, 0)


floor_divide_vjp_1 = floor_divide.vjp(1)(floor_divide_vjp_0)


@elementwise()
def trunc_divide(x: Array, other: Array) -> Array:
    """Compute x / other rounded toward zero; its gradient is 0 wherever it exists.

    Raises:
        RuntimeError: integers are divided by 0, or booleans.
    """
    _check_division("trunc_divide", x, other)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if np.result_type(x, other).kind == "f":
            return np.trunc(np.true_divide(x, other))
        return np.floor_divide(x - np.fmod(x, other), other)


trunc_divide_vjp_0 = trunc_divide.vjp(0)(floor_divide_vjp_0)
trunc_divide_vjp_1 = trunc_divide.vjp(1)(floor_divide_vjp_0)


_DIVISIONS = {None: true_divide, "floor": floor_divide, "trunc": trunc_divide}


@overload
def div(input: T, other: Operand, *, rounding_mode: str | None = None) -> T: ...
@overload
def div(input: Scalar, other: T, *, rounding_mode: str | None = None) -> T: ...
def div(input: Any, other: Operand, *, rounding_mode: str | None = None) -> object:
    """Compute input / other, rounded as `rounding_mode` says.

    Args:
        input: the dividend.
        other: the divisor.
        rounding_mode: None for the quotient itself, floating point even for integers; "floor" for rounding down, as
            `floor_divide`; "trunc" for rounding toward zero. Rounded quotients of integers are integers.

    Raises:
        RuntimeError: `rounding_mode` is none of these, or rounded integers are divided by 0.
    """
    if rounding_mode not in _DIVISIONS:
        raise RuntimeError(f"div: expected rounding_mode None, 'trunc' or 'floor', got {rounding_mode!r}")
    return _DIVISIONS[rounding_mode](input, other)


@elementwise()
def remainder(x: Array, other: Array) -> Array:
    """Compute x − other · ⌊x / other⌋, which has the sign of `other`, as Python's ``%``.

    Raises:
        RuntimeError: integers are divided by 0, or booleans.
    """
    _check_division("remainder", x, other)
    with np.errstate(invalid="ignore"):
        return np.remainder(x, other)


@remainder.vjp(0)
def remainder_vjp_0(g: A, _y: object, _x: object, _other: object) -> A:
    return g


@remainder.vjp(1)
def remainder_vjp_1(g: A, _y: object, x: A, other: A) -> A:
    return -g * floor_divide(x, other)


@elementwise()
def fmod(x: Array, other: Array) -> Array:
    """Compute x − other · trunc(x / other), which has the sign of x, as C's ``%``.

    Raises:
        RuntimeError: integers are divided by 0, or booleans.
    """
    _check_division("fmod", x, other)
    with np.errstate(invalid="ignore"):
        return np.fmod(x, other)


fmod_vjp_0 = fmod.vjp(0)(remainder_vjp_0)


@fmod.vjp(1)
def fmod_vjp_1(g: A, _y: object, x: A, other: A) -> A:
    return -g * trunc_divide(x, other)


@elementwise()
def neg(x: Array) -> Array:
    """Compute −x."""
    return np.negative(x)


@neg.vjp(0)
def neg_vjp_0(g: A, _y: object, _x: object) -> A:
    return -g


@elementwise()
def abs(x: Array) -> Array:
    """Compute |x|; the gradient at 0 is 0."""
    if np.result_type(x).kind == "b":
        raise TypeError("booleans have no sign")
    return np.abs(x)


@abs.vjp(0)
def abs_vjp_0(g: A, _y: object, x: A) -> A:
    return g * sign(x)


@elementwise()
def sign(x: Array) -> Array:
    """Compute −1, 0 or 1 by the sign of x, 0 for NaN; the gradient is 0 everywhere."""
    return np.greater(x, 0).astype(x.dtype) - np.less(x, 0) if x.dtype.kind != "b" else x.copy()


@sign.vjp(0)
def sign_vjp_0(g: A, _y: object, _x: object) -> A:
    return where(False, g, 0)
