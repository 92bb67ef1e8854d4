"""Reductions, and what runs along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, overload

from tinygrad_cnn import ops
from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._types import DTypeLike
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.ops.broadcast import convert
from tinygrad_cnn.ops.reduce import Dims, Found
from tinygrad_cnn.spellings import numpy_names


class Reduce(Variable):
    """Reductions, and what runs along an axis."""

    __slots__ = ()

    @numpy_names
    def sum(self, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> Self:
        """Add up elements along `dim`; all of them by default."""
        return ops.sum(self, dim, keepdim, dtype=dtype)

    @numpy_names
    def mean(self, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> Self:
        """Average elements along `dim`; all of them by default."""
        return ops.mean(self, dim, keepdim, dtype=dtype)

    @numpy_names
    def prod(
        self,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        dtype: DTypeLike = None,
    ) -> Self:
        """Multiply elements along `dim`; all of them by default."""
        return ops.prod(self, dim, keepdim, dtype=dtype)

    @numpy_names
    def var(
        self,
        dim: Dims = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Self:
        """Return the variance along `dim`."""
        return ops.var(self, dim, unbiased, keepdim, correction=correction)

    @numpy_names
    def std(
        self,
        dim: Dims = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Self:
        """Return the standard deviation along `dim`."""
        return ops.std(self, dim, unbiased, keepdim, correction=correction)

    @numpy_names
    def norm(
        self,
        p: float | str | None = "fro",
        dim: Dims = None,
        keepdim: bool = False,
        *,
        dtype: DTypeLike = None,
    ) -> Self:
        """Return the p-norm along `dim`."""
        return ops.norm(self, p, dim, keepdim, dtype=dtype)

    @numpy_names
    def logsumexp(self, dim: int | Sequence[int], keepdim: bool = False) -> Self:
        """Return log Σ eˣ along `dim`, without overflow."""
        return ops.logsumexp(self, dim, keepdim)

    @numpy_names
    def cumsum(self, dim: int, *, dtype: DTypeLike = None) -> Self:
        """Return running sums along `dim`."""
        return ops.cumsum(self, dim, dtype=dtype)

    @numpy_names
    def amax(self, dim: Dims = None, keepdim: bool = False) -> Self:
        """Return the largest element along `dim`; equal ones share the gradient."""
        return ops.amax(self, dim, keepdim)

    @numpy_names
    def amin(self, dim: Dims = None, keepdim: bool = False) -> Self:
        """Return the smallest element along `dim`; equal ones share the gradient."""
        return ops.amin(self, dim, keepdim)

    @numpy_names
    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Return the index of the largest element."""
        return ops.argmax(self, dim, keepdim)

    @numpy_names
    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Return the index of the smallest element."""
        return ops.argmin(self, dim, keepdim)

    @numpy_names
    def all(self, dim: Dims = None, keepdim: bool = False) -> Self:
        """Return whether all elements are true (not zero)."""
        return ops.all(self, dim, keepdim)

    @numpy_names
    def any(self, dim: Dims = None, keepdim: bool = False) -> Self:
        """Return whether any element is true (not zero)."""
        return ops.any(self, dim, keepdim)

    @overload
    def max(self, dim: None = None, keepdim: bool = False) -> Self: ...
    @overload
    def max(self, dim: int, keepdim: bool = False) -> Found[Self]: ...
    @overload
    def max(self, dim: Variable, keepdim: bool = False) -> Self: ...
    @numpy_names
    def max(self, dim: int | Variable | None = None, keepdim: bool = False) -> Self | Found[Self]:
        """Return the largest element, or (values, indices) along `dim`, or element by element with a tensor."""
        return ops.max(self, dim, keepdim)

    @overload
    def min(self, dim: None = None, keepdim: bool = False) -> Self: ...
    @overload
    def min(self, dim: int, keepdim: bool = False) -> Found[Self]: ...
    @overload
    def min(self, dim: Variable, keepdim: bool = False) -> Self: ...
    @numpy_names
    def min(self, dim: int | Variable | None = None, keepdim: bool = False) -> Self | Found[Self]:
        """Return the smallest element, or (values, indices) along `dim`, or element by element with a tensor."""
        return ops.min(self, dim, keepdim)

    @numpy_names
    def softmax(self, dim: int, *, dtype: DTypeLike = None) -> Self:
        """Return exp(x) / Σ exp(x) along `dim`."""
        return ops.softmax(convert(self, dtype), dim=normalize_dim("softmax", dim, self.ndim))

    @numpy_names
    def log_softmax(self, dim: int, *, dtype: DTypeLike = None) -> Self:
        """Return x − log Σ exp(x) along `dim`."""
        return ops.log_softmax(convert(self, dtype), dim=normalize_dim("log_softmax", dim, self.ndim))

    @numpy_names
    def cumprod(self, dim: int, *, dtype: DTypeLike = None) -> Self:
        """Return running products along `dim`."""
        return ops.cumprod(self, dim, dtype=dtype)
