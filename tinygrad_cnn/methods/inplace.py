"""Changes in place: recorded as operations of the graph where a gradient may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_cnn import ops
from tinygrad_cnn._types import Scalar
from tinygrad_cnn.autograd import Variable, wrap
from tinygrad_cnn.methods.operand import Operand
from tinygrad_cnn.ops.inplace import change
from tinygrad_cnn.random import default_generator

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor


class InPlace(Variable):
    """Changes in place; each returns the tensor it changed."""

    __slots__ = ()

    def copy_(self: Any, src: Tensor) -> Tensor:
        """Copy the values of `src`, broadcast and converted, into this tensor."""
        return change("copy_", self, _replace, src.to(self.dtype))

    def fill_(self: Any, value: Scalar) -> Tensor:
        """Set every element to `value`."""
        return change("fill_", self, _replace, self.dtype.type(value).item())

    def zero_(self: Any) -> Tensor:
        """Set every element to 0."""
        return change("zero_", self, _replace, 0)

    def normal_(self: Any, mean: float = 0.0, std: float = 1.0) -> Tensor:
        """Fill with samples of N(mean, std²) from the default generator."""
        return change("normal_", self, _replace, wrap(default_generator.normal(self.shape, self.dtype) * std + mean))

    def uniform_(self: Any, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Fill with samples from [low, high) from the default generator."""
        samples = default_generator.uniform(self.shape, self.dtype) * (high - low) + low
        return change("uniform_", self, _replace, wrap(samples))

    def add_(self: Any, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """Add alpha · other in place."""
        return change("add_", self, lambda x, y: x.add(y, alpha=alpha), other)

    def sub_(self: Any, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """Subtract alpha · other in place."""
        return change("sub_", self, lambda x, y: x.sub(y, alpha=alpha), other)

    def mul_(self: Any, other: Operand) -> Tensor:
        """Multiply by `other` in place."""
        return change("mul_", self, ops.mul, other)

    def div_(self: Any, other: Operand) -> Tensor:
        """Divide by `other` in place."""
        return change("div_", self, ops.true_divide, other)

    def pow_(self: Any, exponent: Operand) -> Tensor:
        """Raise to the power `exponent` in place."""
        return change("pow_", self, ops.pow, exponent)

    def clamp_(self: Any, min: Scalar | None = None, max: Scalar | None = None) -> Tensor:
        """Limit each element to [min, max] in place."""
        return change("clamp_", self, lambda x: ops.clamp(x, min, max))

    def neg_(self: Any) -> Tensor:
        """Change the sign in place."""
        return change("neg_", self, ops.neg)

    def exp_(self: Any) -> Tensor:
        """Replace x by eˣ in place."""
        return change("exp_", self, ops.exp)

    def log_(self: Any) -> Tensor:
        """Replace x by its natural logarithm in place."""
        return change("log_", self, ops.log)

    def sqrt_(self: Any) -> Tensor:
        """Replace x by its square root in place."""
        return change("sqrt_", self, ops.sqrt)

    def abs_(self: Any) -> Tensor:
        """Replace x by |x| in place."""
        return change("abs_", self, ops.abs)

    def relu_(self: Any) -> Tensor:
        """Replace x by max(x, 0) in place."""
        return change("relu_", self, ops.relu)

    def sigmoid_(self: Any) -> Tensor:
        """Replace x by 1 / (1 + e⁻ˣ) in place."""
        return change("sigmoid_", self, ops.sigmoid)

    def tanh_(self: Any) -> Tensor:
        """Replace x by its hyperbolic tangent in place."""
        return change("tanh_", self, ops.tanh)

    def masked_fill_(self: Any, mask: Tensor, value: Any) -> Tensor:
        """Set the elements where `mask` holds to `value` in place."""
        return change("masked_fill_", self, ops.masked_fill, mask, value)

    def scatter_add_(self: Any, dim: int, index: Tensor, src: Tensor) -> Tensor:
        """Add the elements of `src` at `index` along `dim` in place."""
        return change("scatter_add_", self, lambda x, i, v: ops.scatter_add(x, dim, i, v), index, src)


def _replace(old: Any, value: Any) -> Any:
    """Return `value` broadcast to the shape of `old`, which gets no gradient."""
    return ops.where(True, value, old)
