"""Operations element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_cnn import ops
from tinygrad_cnn._types import Scalar
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.methods.operand import Operand

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor


class Elementwise(Variable):
    """Operations element by element."""

    __slots__ = ()

    def abs(self: Any) -> Tensor:
        """Return |x|."""
        return ops.abs(self)

    def neg(self: Any) -> Tensor:
        """Return −x."""
        return ops.neg(self)

    def sign(self: Any) -> Tensor:
        """Return −1, 0 or 1 by the sign."""
        return ops.sign(self)

    def square(self: Any) -> Tensor:
        """Return x²."""
        return ops.square(self)

    def sqrt(self: Any) -> Tensor:
        """Return the square root."""
        return ops.sqrt(self)

    def rsqrt(self: Any) -> Tensor:
        """Return 1 / √x."""
        return ops.rsqrt(self)

    def reciprocal(self: Any) -> Tensor:
        """Return 1 / x."""
        return ops.reciprocal(self)

    def exp(self: Any) -> Tensor:
        """Return eˣ."""
        return ops.exp(self)

    def log(self: Any) -> Tensor:
        """Return the natural logarithm."""
        return ops.log(self)

    def sin(self: Any) -> Tensor:
        """Return the sine."""
        return ops.sin(self)

    def cos(self: Any) -> Tensor:
        """Return the cosine."""
        return ops.cos(self)

    def erf(self: Any) -> Tensor:
        """Return the error function."""
        return ops.erf(self)

    def relu(self: Any) -> Tensor:
        """Return max(x, 0)."""
        return ops.relu(self)

    def sigmoid(self: Any) -> Tensor:
        """Return 1 / (1 + e⁻ˣ)."""
        return ops.sigmoid(self)

    def tanh(self: Any) -> Tensor:
        """Return the hyperbolic tangent."""
        return ops.tanh(self)

    def add(self: Any, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """Return self + alpha · other."""
        return ops.add(self, other) if alpha == 1 else ops.add(self, other, alpha=alpha)

    def sub(self: Any, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """Return self − alpha · other."""
        return ops.sub(self, other) if alpha == 1 else ops.sub(self, other, alpha=alpha)

    def mul(self: Any, other: Operand) -> Tensor:
        """Return self · other."""
        return ops.mul(self, other)

    def pow(self: Any, other: Operand) -> Tensor:
        """Return self to the power `other`."""
        return ops.pow(self, other)

    def floor_divide(self: Any, other: Operand) -> Tensor:
        """Return ⌊self / other⌋."""
        return ops.floor_divide(self, other)

    def remainder(self: Any, other: Operand) -> Tensor:
        """Return self − ⌊self / other⌋ · other."""
        return ops.remainder(self, other)

    def div(self: Any, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """Return self / other, rounded if asked for."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def floor(self: Any) -> Tensor:
        """Return ⌊x⌋."""
        return ops.floor(self)

    def ceil(self: Any) -> Tensor:
        """Return ⌈x⌉."""
        return ops.ceil(self)

    def trunc(self: Any) -> Tensor:
        """Return x rounded toward zero."""
        return ops.trunc(self)

    def log2(self: Any) -> Tensor:
        """Return the logarithm to the base 2."""
        return ops.log2(self)

    def log10(self: Any) -> Tensor:
        """Return the logarithm to the base 10."""
        return ops.log10(self)

    def log1p(self: Any) -> Tensor:
        """Return log(1 + x)."""
        return ops.log1p(self)

    def expm1(self: Any) -> Tensor:
        """Return eˣ − 1."""
        return ops.expm1(self)

    def tan(self: Any) -> Tensor:
        """Return the tangent."""
        return ops.tan(self)

    def asin(self: Any) -> Tensor:
        """Return the inverse sine."""
        return ops.asin(self)

    def acos(self: Any) -> Tensor:
        """Return the inverse cosine."""
        return ops.acos(self)

    def atan(self: Any) -> Tensor:
        """Return the inverse tangent."""
        return ops.atan(self)

    def sinh(self: Any) -> Tensor:
        """Return the hyperbolic sine."""
        return ops.sinh(self)

    def cosh(self: Any) -> Tensor:
        """Return the hyperbolic cosine."""
        return ops.cosh(self)

    def asinh(self: Any) -> Tensor:
        """Return the inverse hyperbolic sine."""
        return ops.asinh(self)

    def acosh(self: Any) -> Tensor:
        """Return the inverse hyperbolic cosine."""
        return ops.acosh(self)

    def atanh(self: Any) -> Tensor:
        """Return the inverse hyperbolic tangent."""
        return ops.atanh(self)

    def round(self: Any, *, decimals: int = 0) -> Tensor:
        """Return x rounded to `decimals` places, halves to the even neighbour."""
        return ops.round(self, decimals=decimals)

    def atan2(self: Any, other: Operand) -> Tensor:
        """Return the angle of the point with ordinate self and abscissa `other`."""
        return ops.atan2(self, other)

    def fmod(self: Any, other: Operand) -> Tensor:
        """Return self − trunc(self / other) · other, which has the sign of self."""
        return ops.fmod(self, other)
