"""Gradients that a plain backward pass hands on before they are computed, so that it is done later, and cheaper."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.autograd.operation import Operation


class Gated:
    """A gradient that has yet to pass a ReLU: `g` where not ``y <= 0``, and 0 elsewhere."""

    __slots__ = ("g", "op", "y")

    def __init__(self, g: Array, y: Array, op: Operation) -> None:
        self.g = g
        self.y = y
        self.op = op

    @property
    def shape(self) -> Shape:
        """That of the gradient."""
        return self.g.shape

    def passed(self) -> Array:
        """Return the gradient after it has passed, by the ReLU's own VJP."""
        return self.op.vjp_of(0)(self.g, self.y, None)

    def __add__(self, other: Array | Gated) -> Array:
        return self.passed() + (other.passed() if isinstance(other, Gated) else other)

    __radd__ = __add__
    __array_ufunc__ = None  # an array on the left leaves the addition to `__radd__`


class Placed:
    """A sum of gradients each of which is zero but at a few places of the input, and perhaps of whole ones.

    Reading every row of a tensor by itself makes as many of them: each is kept by its place, and all are added up in
    one array once, where as many arrays of the whole shape would take time in the square of the rows.
    """

    __slots__ = ("_parts", "_whole", "dtype", "shape")

    def __init__(self, op: Operation, g: Array, attrs: dict[str, Any], shape: Shape) -> None:
        self._parts = [(op, g, attrs)]
        self._whole: Array | None = None
        self.shape = shape
        self.dtype: DType = g.dtype

    def summed(self) -> Array:
        """Return the sum as an array of its own."""
        out = np.zeros(self.shape, self.dtype) if self._whole is None else np.array(self._whole)
        for op, g, attrs in self._parts:
            assert op.adds is not None  # or it would not be here
            op.adds(out, g, **attrs)
        return out

    def __add__(self, other: Any) -> Placed:
        if isinstance(other, Gated):
            other = other.passed()
        if isinstance(other, Placed):
            self._parts += other._parts
            other = other._whole
        if other is not None:
            self._whole = other if self._whole is None else self._whole + other
        return self

    __radd__ = __add__
    __array_ufunc__ = None  # an array on the left leaves the addition to `__radd__`
