"""Choosing between values, and reading by index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_cnn import ops
from tinygrad_cnn._types import Scalar
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.methods.operand import Operand
from tinygrad_cnn.spellings import numpy_names

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

    @numpy_names
    def gather(self: Any, dim: int, index: Tensor) -> Tensor:
        """Pick elements along `dim` by `index`."""
        return ops.gather(self, dim, index)

    @numpy_names
    def scatter_add(self: Any, dim: int, index: Tensor, src: Tensor) -> Tensor:
        """Return a copy with the elements of `src` added at `index` along `dim`."""
        return ops.scatter_add(self, dim, index, src)

    def masked_select(self: Any, mask: Tensor) -> Tensor:
        """Return the elements where `mask` holds, in row-major order."""
        return ops.masked_select(self, mask)

    @numpy_names
    def index_select(self: Any, dim: int, index: Tensor) -> Tensor:
        """Pick whole slices along `dim`."""
        return ops.index_select(self, dim, index)

    @numpy_names
    def index_add(self: Any, dim: int, index: Tensor, source: Tensor, *, alpha: Scalar = 1) -> Tensor:
        """Return a copy with alpha times the slices of `source` added at `index` along `dim`."""
        return ops.index_add(self, dim, index, source, alpha=alpha)

    @numpy_names
    def scatter(
        self: Any, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
    ) -> Tensor:
        """Return a copy with the elements of `src`, or one value, written at `index` along `dim`."""
        return ops.scatter(self, dim, index, src, value=value, reduce=reduce)

    def clip(self: Any, min: Any = None, max: Any = None) -> Tensor:
        """Limit each element to [min, max]."""
        return ops.clamp(self, min, max)

    def nonzero(self: Any, *, as_tuple: bool = False) -> Any:
        """Return where the elements other than 0 are: a row for each, or a vector for each axis."""
        return ops.nonzero(self, as_tuple=as_tuple)

    @numpy_names
    def select(self: Any, dim: int, index: int) -> Tensor:
        """Return the slice at `index` along `dim`, as a view."""
        return ops.select(self, dim, index)

    @numpy_names
    def narrow(self: Any, dim: int, start: Any, length: int) -> Tensor:
        """Return `length` slices from `start` on along `dim`, as a view."""
        return ops.narrow(self, dim, start, length)

    def unfold(self: Any, dimension: int, size: int, step: int) -> Tensor:
        """Return slices of `size` along `dimension`, one every `step`, on a new last axis."""
        return ops.unfold_dim(self, dimension, size, step)
