"""Gradients that are computed only when their values are needed, because that costs less."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.autograd.operation import Attrs, Operation


class Pending:
    """A gradient whose values are computed later; joint gradients (`Op.gradients`) may return it in place of an array.

    The walk calls `value` before a hook, a VJP or a leaf gets the gradient. The subclass decides whether the sum of it
    and another gradient is pending or an array.

    Attributes:
        taker: the operation whose joint gradients accept it without a call of `value`, if there is one.
        shape, dtype: of the array that `value` returns.
    """

    __slots__ = ("dtype", "shape", "taker")

    def __init__(self, shape: Shape, dtype: DType, taker: Operation | None = None) -> None:
        self.shape = shape
        self.dtype = dtype
        self.taker = taker

    @abstractmethod
    def value(self) -> Array:
        """Return the gradient as an array of its own."""

    def __add__(self, other: Array | Pending) -> Array | Pending:
        if isinstance(other, SparseSum):
            return other + self
        return self.value() + (other.value() if isinstance(other, Pending) else other)

    __radd__ = __add__
    __array_ufunc__ = None  # an array on the left leaves the addition to `__radd__`


class SparseSum(Pending):
    """A sum of gradients, each of which is zero except at a few positions.

    Reading a tensor row by row makes one such gradient for each row. All are added into one array at the end; an array
    of the whole shape for each row would take time quadratic in the number of rows.
    """

    __slots__ = ("_dense", "_terms")

    def __init__(self, add: Callable[..., None], g: Array, attrs: Attrs, shape: Shape) -> None:
        """Begin with the gradient that ``add(out, g, **attrs)`` adds into an array of `shape`."""
        super().__init__(shape, g.dtype)
        self._terms = [(add, g, attrs)]
        self._dense: Array | None = None

    def value(self) -> Array:
        """Return the sum as an array of its own."""
        out = np.zeros(self.shape, self.dtype) if self._dense is None else np.array(self._dense)
        for add, g, attrs in self._terms:
            add(out, g, **attrs)
        return out

    def __add__(self, other: Array | Pending) -> SparseSum:
        dense: Array | None
        if isinstance(other, SparseSum):
            self._terms += other._terms
            dense = other._dense
        else:
            dense = other.value() if isinstance(other, Pending) else other
        if dense is not None:
            self._dense = dense if self._dense is None else self._dense + dense
        return self

    __radd__ = __add__
