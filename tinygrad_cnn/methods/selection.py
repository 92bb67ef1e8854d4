"""Choosing between values, and reading by index."""

from __future__ import annotations

from typing import Any, Self

from tinygrad_cnn import ops
from tinygrad_cnn._types import Scalar
from tinygrad_cnn.autograd import Operand, Variable
from tinygrad_cnn.spellings import numpy_names


class Selection(Variable):
    """Choosing between values, and reading by index."""

    __slots__ = ()

    def maximum(self, other: Operand) -> Self:
        """Return the larger of the two."""
        return ops.maximum(self, other)

    def minimum(self, other: Operand) -> Self:
        """Return the smaller of the two."""
        return ops.minimum(self, other)

    def clamp(self, min: Operand | None = None, max: Operand | None = None) -> Self:
        """Limit each element to [min, max]."""
        return ops.clamp(self, min, max)

    def where(self, condition: Variable, other: Operand) -> Self:
        """Choose self where `condition` holds and `other` elsewhere."""
        return ops.where(condition, self, other)

    def masked_fill(self, mask: Variable, value: Operand) -> Self:
        """Return a copy with `value` where `mask` holds."""
        return ops.masked_fill(self, mask, value)

    @numpy_names
    def gather(self, dim: int, index: Variable) -> Self:
        """Pick elements along `dim` by `index`."""
        return ops.gather(self, dim, index)

    @numpy_names
    def scatter_add(self, dim: int, index: Variable, src: Variable) -> Self:
        """Return a copy with the elements of `src` added at `index` along `dim`."""
        return ops.scatter_add(self, dim, index, src)

    def masked_select(self, mask: Variable) -> Self:
        """Return the elements where `mask` holds, in row-major order."""
        return ops.masked_select(self, mask)

    @numpy_names
    def index_select(self, dim: int, index: Variable) -> Self:
        """Pick whole slices along `dim`."""
        return ops.index_select(self, dim, index)

    @numpy_names
    def index_add(self, dim: int, index: Variable, source: Variable, *, alpha: Scalar = 1) -> Self:
        """Return a copy with alpha times the slices of `source` added at `index` along `dim`."""
        return ops.index_add(self, dim, index, source, alpha=alpha)

    @numpy_names
    def scatter(
        self,
        dim: int,
        index: Variable,
        src: Variable | Scalar | None = None,
        *,
        value: Scalar | None = None,
        reduce: str | None = None,
    ) -> Self:
        """Return a copy with the elements of `src`, or one value, written at `index` along `dim`."""
        return ops.scatter(self, dim, index, src, value=value, reduce=reduce)

    def clip(self, min: Operand | None = None, max: Operand | None = None) -> Self:
        """Limit each element to [min, max]."""
        return ops.clamp(self, min, max)

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """Return where the elements other than 0 are: a row for each, or a vector for each axis."""
        return ops.nonzero(self, as_tuple=as_tuple)

    @numpy_names
    def select(self, dim: int, index: int) -> Self:
        """Return the slice at `index` along `dim`, as a view."""
        return ops.select(self, dim, index)

    @numpy_names
    def narrow(self, dim: int, start: int | Variable, length: int) -> Self:
        """Return `length` slices from `start` on along `dim`, as a view."""
        return ops.narrow(self, dim, start, length)

    def unfold(self, dimension: int, size: int, step: int) -> Self:
        """Return slices of `size` along `dimension`, one every `step`, on a new last axis."""
        return ops.unfold_dim(self, dimension, size, step)
