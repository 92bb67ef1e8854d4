"""Changes in place: recorded as operations of the graph where a gradient may be asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._types import Scalar, Sizes
from tinygrad_cnn.autograd import Operand, Values, Variable, wrap
from tinygrad_cnn.ops.activation import relu_in_place
from tinygrad_cnn.ops.broadcast import convert
from tinygrad_cnn.ops.inplace import become, change
from tinygrad_cnn.ops.selection import where
from tinygrad_cnn.random import Generator, default_generator


class InPlace(Variable):
    """Changes in place; each returns the tensor it changed."""

    __slots__ = ()

    def copy_(self, src: Variable) -> Self:
        """Copy the values of `src`, broadcast and converted, into this tensor."""
        return change("copy_", self, _replace, convert(src, self.dtype))

    def fill_(self, value: Scalar) -> Self:
        """Set every element to `value`."""
        return change("fill_", self, _replace, self.dtype.type(value).item())

    def zero_(self) -> Self:
        """Set every element to 0."""
        return change("zero_", self, _replace, 0)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Fill with samples of N(mean, std²), from the default generator unless another is given."""
        samples = (generator or default_generator).normal(self.shape, self.dtype) * std + mean
        return change("normal_", self, _replace, wrap(np.asarray(samples)))

    def uniform_(self, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Fill with samples from [low, high), from the default generator unless another is given."""
        samples = (generator or default_generator).uniform(self.shape, self.dtype) * (high - low) + low
        return change("uniform_", self, _replace, wrap(np.asarray(samples)))

    def random_(self, *limits: int, generator: Generator | None = None) -> Self:
        """Fill with whole numbers drawn evenly from [low, high): ``random_(low, high)`` or ``random_(high)``.

        Without limits they go from 0 to the largest of the dtype; to 2¹¹, 2²⁴ or 2⁵³ for floating point, up to
        which every whole number can be represented.

        Raises:
            RuntimeError: there is no whole number from `low` to below `high`.
        """
        top = 2 ** (np.finfo(self.dtype).nmant + 1) + 1 if self.dtype.kind == "f" else 2
        if self.dtype.kind in "iu":
            top = int(np.iinfo(self.dtype).max) + 1
        low, high = (0, *limits) if len(limits) == 1 else limits or (0, top)
        if low >= high:
            raise RuntimeError(f"random_: expected low < high, got {low} and {high}")
        samples = (generator or default_generator).numpy.integers(low, high - 1, self.shape, endpoint=True)
        return change("random_", self, _replace, wrap(np.asarray(samples).astype(self.dtype)))

    def bernoulli_(self, p: float | Variable = 0.5, *, generator: Generator | None = None) -> Self:
        """Fill with 1 with probability `p`, a number or a tensor that broadcasts, and 0 otherwise."""
        chances = p.array if isinstance(p, Variable) else np.asarray(p)
        if chances.size and not (chances.min() >= 0 and chances.max() <= 1):
            raise RuntimeError(f"bernoulli_: expected probabilities in [0, 1], got {chances.min()} to {chances.max()}")
        drawn = (generator or default_generator).uniform(self.shape, np.dtype(np.float64)) < chances
        return change("bernoulli_", self, _replace, wrap(np.asarray(drawn, self.dtype)))

    def add_(self, other: Operand, *, alpha: Scalar = 1) -> Self:
        """Add alpha · other in place."""
        return change("add_", self, ops.add, other, **({} if alpha == 1 else {"alpha": alpha}))

    def sub_(self, other: Operand, *, alpha: Scalar = 1) -> Self:
        """Subtract alpha · other in place."""
        return change("sub_", self, ops.sub, other, **({} if alpha == 1 else {"alpha": alpha}))

    def mul_(self, other: Operand) -> Self:
        """Multiply by `other` in place."""
        return change("mul_", self, ops.mul, other)

    def div_(self, other: Operand) -> Self:
        """Divide by `other` in place."""
        return change("div_", self, ops.true_divide, other)

    def pow_(self, exponent: Operand) -> Self:
        """Raise to the power `exponent` in place."""
        return change("pow_", self, ops.pow, exponent)

    def clamp_(self, min: Scalar | None = None, max: Scalar | None = None) -> Self:
        """Limit each element to [min, max] in place."""
        return change("clamp_", self, lambda x: ops.clamp(x, min, max))

    def neg_(self) -> Self:
        """Change the sign in place."""
        return change("neg_", self, ops.neg)

    def exp_(self) -> Self:
        """Replace x by eˣ in place."""
        return change("exp_", self, ops.exp)

    def log_(self) -> Self:
        """Replace x by its natural logarithm in place."""
        return change("log_", self, ops.log)

    def sqrt_(self) -> Self:
        """Replace x by its square root in place."""
        return change("sqrt_", self, ops.sqrt)

    def abs_(self) -> Self:
        """Replace x by |x| in place."""
        return change("abs_", self, ops.abs)

    def relu_(self) -> Self:
        """Replace x by max(x, 0) in place."""
        return change("relu_", self, relu_in_place)

    def sigmoid_(self) -> Self:
        """Replace x by 1 / (1 + e⁻ˣ) in place."""
        return change("sigmoid_", self, ops.sigmoid)

    def tanh_(self) -> Self:
        """Replace x by its hyperbolic tangent in place."""
        return change("tanh_", self, ops.tanh)

    def masked_fill_(self, mask: Variable, value: Operand) -> Self:
        """Set the elements where `mask` holds to `value` in place."""
        return change("masked_fill_", self, ops.masked_fill, mask, value)

    def scatter_add_(self, dim: int, index: Variable, src: Variable) -> Self:
        """Add the elements of `src` at `index` along `dim` in place."""
        return change("scatter_add_", self, lambda x, i, v: ops.scatter_add(x, dim, i, v), index, src)

    def scatter_(
        self,
        dim: int,
        index: Variable,
        src: Variable | Scalar | None = None,
        *,
        value: Scalar | None = None,
        reduce: str | None = None,
    ) -> Self:
        """Write the elements of `src`, or one value, at `index` along `dim` in place."""
        source = value if src is None else src
        return change("scatter_", self, lambda x, i, v: ops.scatter(x, dim, i, v, reduce=reduce), index, source)

    def index_add_(self, dim: int, index: Variable, source: Variable, *, alpha: Scalar = 1) -> Self:
        """Add alpha times the slices of `source` at `index` along `dim` in place."""
        return change("index_add_", self, lambda x, i, v: ops.index_add(x, dim, i, v, alpha=alpha), index, source)

    def unsqueeze_(self, dim: int) -> Self:
        """Insert an axis of length 1, in place."""
        return become("unsqueeze_", self, lambda x: ops.unsqueeze(x, dim))

    def squeeze_(self, dim: int | Sequence[int] | None = None) -> Self:
        """Drop axes of length 1, in place."""
        return become("squeeze_", self, lambda x: ops.squeeze(x, dim))

    def transpose_(self, dim0: int, dim1: int) -> Self:
        """Exchange two axes, in place."""
        return become("transpose_", self, lambda x: ops.transpose(x, dim0, dim1))

    def t_(self) -> Self:
        """Transpose a matrix, in place."""
        return become("t_", self, ops.t)

    def detach_(self) -> Self:
        """Take the tensor out of the graph: no gradient flows through it any more.

        Raises:
            RuntimeError: it is a view, whose base would stay in the graph; use `detach`.
        """
        if self._view is not None and self.requires_grad:
            raise RuntimeError("detach_: a view cannot be taken out of the graph without its base; use .detach()")
        self._node, self._requires_grad = None, False
        return self

    def resize_(self, *sizes: Sizes) -> Self:
        """Change the shape in place, to any number of elements; those that are new hold whatever the memory held.

        Raises:
            RuntimeError: the tensor requires a gradient.
        """
        shape = normalize_shape("resize_", sizes)
        if self.requires_grad:
            raise RuntimeError("resize_: a tensor that requires a gradient cannot be resized")
        count = math.prod(shape)
        flat = self.array.reshape(-1)
        if count > flat.size:
            flat = np.concatenate([flat, np.empty(count - flat.size, flat.dtype)])
        self.array = flat[:count].reshape(shape)
        self._view = self._node = None
        return self


def _replace(old: Variable, value: Operand) -> Values:
    """Return `value` broadcast to the shape of `old`, which gets no gradient."""
    return where(True, value, old)
