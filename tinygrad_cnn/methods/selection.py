"""Choosing between values, and reading by index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.methods.operand import Operand

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor


class Selection(Variable):
    """Choosing between values, and reading by index."""

    __slots__ = ()

    def maximum(self: Any, other: Operand) -> Tensor:
        """Return the larger of the two."""
        return ops.maximum(self, other)

    def minimum(self: Any, other: Operand) -> Tensor:
        """Return the smaller of the two."""
        return ops.minimum(self, other)

    def clamp(self: Any, min: Any = None, max: Any = None) -> Tensor:
        """Limit each element to [min, max]."""
        return ops.clamp(self, min, max)

    def where(self: Any, condition: Tensor, other: Operand) -> Tensor:
        """Choose self where `condition` holds and `other` elsewhere."""
        return ops.where(condition, self, other)

    def masked_fill(self: Any, mask: Tensor, value: Any) -> Tensor:
        """Return a copy with `value` where `mask` holds."""
        return ops.masked_fill(self, mask, value)

    def gather(self: Any, dim: int, index: Tensor) -> Tensor:
        """Pick elements along `dim` by `index`."""
        return ops.gather(self, dim, index)

    def scatter_add(self: Any, dim: int, index: Tensor, src: Tensor) -> Tensor:
        """Return a copy with the elements of `src` added at `index` along `dim`."""
        return ops.scatter_add(self, dim, index, src)

    def masked_select(self: Any, mask: Tensor) -> Tensor:
        """Return the elements where `mask` holds, in row-major order."""
        return ops.masked_select(self, mask)

    def index_select(self: Any, dim: int, index: Tensor) -> Tensor:
        """Pick whole slices along `dim`."""
        return ops.index_select(self, dim, index)
