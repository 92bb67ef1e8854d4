"""Operations element by element."""

from __future__ import annotations

from typing import Self

from tinygrad_cnn import ops
from tinygrad_cnn._types import Scalar
from tinygrad_cnn.autograd import Operand, Variable


class Elementwise(Variable):
    """Operations element by element."""

    __slots__ = ()

    def abs(self) -> Self:
        """Return |x|."""
        return ops.abs(self)

    def neg(self) -> Self:
        """Return −x."""
        return ops.neg(self)

    def sign(self) -> Self:
        """Return −1, 0 or 1 by the sign."""
        return ops.sign(self)

    def square(self) -> Self:
        """Return x²."""
        return ops.square(self)

    def sqrt(self) -> Self:
        """Return the square root."""
        return ops.sqrt(self)

    def rsqrt(self) -> Self:
        """Return 1 / √x."""
        return ops.rsqrt(self)

    def reciprocal(self) -> Self:
        """Return 1 / x."""
        return ops.reciprocal(self)

    def exp(self) -> Self:
        """Return eˣ."""
        return ops.exp(self)

    def log(self) -> Self:
        """Return the natural logarithm."""
        return ops.log(self)

    def sin(self) -> Self:
        """Return the sine."""
        return ops.sin(self)

    def cos(self) -> Self:
        """Return the cosine."""
        return ops.cos(self)

    def erf(self) -> Self:
        """Return the error function."""
        return ops.erf(self)

    def relu(self) -> Self:
        """Return max(x, 0)."""
        return ops.relu(self)

    def sigmoid(self) -> Self:
        """Return 1 / (1 + e⁻ˣ)."""
        return ops.sigmoid(self)

    def tanh(self) -> Self:
        """Return the hyperbolic tangent."""
        return ops.tanh(self)

    def add(self, other: Operand, *, alpha: Scalar = 1) -> Self:
        """Return self + alpha · other."""
        return ops.add(self, other) if alpha == 1 else ops.add(self, other, alpha=alpha)

    def sub(self, other: Operand, *, alpha: Scalar = 1) -> Self:
        """Return self − alpha · other."""
        return ops.sub(self, other) if alpha == 1 else ops.sub(self, other, alpha=alpha)

    def mul(self, other: Operand) -> Self:
        """Return self · other."""
        return ops.mul(self, other)

    def pow(self, other: Operand) -> Self:
        """Return self to the power `other`."""
        return ops.pow(self, other)

    def floor_divide(self, other: Operand) -> Self:
        """Return ⌊self / other⌋."""
        return ops.floor_divide(self, other)

    def remainder(self, other: Operand) -> Self:
        """Return self − ⌊self / other⌋ · other."""
        return ops.remainder(self, other)

    def div(self, other: Operand, *, rounding_mode: str | None = None) -> Self:
        """Return self / other, rounded if asked for."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def floor(self) -> Self:
        """Return ⌊x⌋."""
        return ops.floor(self)

    def ceil(self) -> Self:
        """Return ⌈x⌉."""
        return ops.ceil(self)

    def trunc(self) -> Self:
        """Return x rounded toward zero."""
        return ops.trunc(self)

    def log2(self) -> Self:
        """Return the logarithm to the base 2."""
        return ops.log2(self)

    def log10(self) -> Self:
        """Return the logarithm to the base 10."""
        return ops.log10(self)

    def log1p(self) -> Self:
        """Return log(1 + x)."""
        return ops.log1p(self)

    def expm1(self) -> Self:
        """Return eˣ − 1."""
        return ops.expm1(self)

    def tan(self) -> Self:
        """Return the tangent."""
        return ops.tan(self)

    def asin(self) -> Self:
        """Return the inverse sine."""
        return ops.asin(self)

    def acos(self) -> Self:
        """Return the inverse cosine."""
        return ops.acos(self)

    def atan(self) -> Self:
        """Return the inverse tangent."""
        return ops.atan(self)

    def sinh(self) -> Self:
        """Return the hyperbolic sine."""
        return ops.sinh(self)

    def cosh(self) -> Self:
        """Return the hyperbolic cosine."""
        return ops.cosh(self)

    def asinh(self) -> Self:
        """Return the inverse hyperbolic sine."""
        return ops.asinh(self)

    def acosh(self) -> Self:
        """Return the inverse hyperbolic cosine."""
        return ops.acosh(self)

    def atanh(self) -> Self:
        """Return the inverse hyperbolic tangent."""
        return ops.atanh(self)

    def round(self, *, decimals: int = 0) -> Self:
        """Return x rounded to `decimals` decimal places, halves to the even neighbour."""
        return ops.round(self, decimals=decimals)

    def atan2(self, other: Operand) -> Self:
        """Return the angle of the point with ordinate self and abscissa `other`."""
        return ops.atan2(self, other)

    def fmod(self, other: Operand) -> Self:
        """Return self − trunc(self / other) · other, which has the sign of self."""
        return ops.fmod(self, other)
