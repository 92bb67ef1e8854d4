"""Order, and which elements occur."""

from __future__ import annotations

from typing import Any, Self, overload

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.ops.reduce import Found
from tinygrad_cnn.spellings import numpy_names


class Order(Variable):
    """Order, and which elements occur."""

    __slots__ = ()

    @numpy_names
    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Found[Self]:
        """Return the elements in order along `dim`, and where each was."""
        return ops.sort(self, dim, descending, stable)

    @numpy_names
    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Self:
        """Return the indices that sort along `dim`."""
        return ops.argsort(self, dim, descending, stable)

    @numpy_names
    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Found[Self]:
        """Return the `k` largest elements along `dim`, in order, and where each was."""
        return ops.topk(self, k, dim, largest, sorted)

    @overload
    def median(self, dim: None = None, keepdim: bool = False) -> Self: ...
    @overload
    def median(self, dim: int, keepdim: bool = False) -> Found[Self]: ...
    @numpy_names
    def median(self, dim: int | None = None, keepdim: bool = False) -> Self | Found[Self]:
        """Return the middle element, the lower one of two; along `dim` with its index."""
        return ops.median(self, dim, keepdim)

    @numpy_names
    def mode(self, dim: int = -1, keepdim: bool = False) -> Found[Self]:
        """Return the most frequent element along `dim`, and where it was."""
        return ops.mode(self, dim, keepdim)

    @numpy_names
    def unique(
        self,
        sorted: bool = True,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """Return each element, or each slice along `dim`, once."""
        return ops.unique(self, sorted, return_inverse, return_counts, dim)

    def bincount(self, weights: Variable | None = None, minlength: int = 0) -> Self:
        """Count how often each of 0, 1, 2, … occurs."""
        return ops.bincount(self, weights, minlength)
