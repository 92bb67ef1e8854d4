"""Comparisons, tests of single values, and the logic of their answers."""

from __future__ import annotations

from typing import Self

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import Operand, Variable


class Comparison(Variable):
    """Comparisons, tests of single values, and the logic of their answers."""

    __slots__ = ()

    def isnan(self) -> Self:
        """Return where x is NaN."""
        return ops.isnan(self)

    def isinf(self) -> Self:
        """Return where x is ±∞."""
        return ops.isinf(self)

    def isfinite(self) -> Self:
        """Return where x is neither NaN nor ±∞."""
        return ops.isfinite(self)

    def eq(self, other: Operand) -> Self:
        """Return where self = other."""
        return ops.eq(self, other)

    def ne(self, other: Operand) -> Self:
        """Return where self ≠ other."""
        return ops.ne(self, other)

    def lt(self, other: Operand) -> Self:
        """Return where self < other."""
        return ops.lt(self, other)

    def le(self, other: Operand) -> Self:
        """Return where self ≤ other."""
        return ops.le(self, other)

    def gt(self, other: Operand) -> Self:
        """Return where self > other."""
        return ops.gt(self, other)

    def ge(self, other: Operand) -> Self:
        """Return where self ≥ other."""
        return ops.ge(self, other)

    def bitwise_and(self, other: Operand) -> Self:
        """Return the logical AND of booleans, the bitwise AND of integers."""
        return ops.bitwise_and(self, other)

    def bitwise_or(self, other: Operand) -> Self:
        """Return the logical OR of booleans, the bitwise OR of integers."""
        return ops.bitwise_or(self, other)

    def bitwise_xor(self, other: Operand) -> Self:
        """Return the logical XOR of booleans, the bitwise XOR of integers."""
        return ops.bitwise_xor(self, other)

    def logical_and(self, other: Operand) -> Self:
        """Return where both are true (not zero)."""
        return ops.logical_and(self, other)

    def logical_or(self, other: Operand) -> Self:
        """Return where either is true (not zero)."""
        return ops.logical_or(self, other)

    def logical_xor(self, other: Operand) -> Self:
        """Return where exactly one is true (not zero)."""
        return ops.logical_xor(self, other)

    def bitwise_not(self) -> Self:
        """Return the logical NOT of booleans, the bitwise complement of integers."""
        return ops.bitwise_not(self)

    def logical_not(self) -> Self:
        """Return where x is false (zero)."""
        return ops.logical_not(self)

    def isclose(self, other: Variable, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Self:
        """Return where |self − other| ≤ atol + rtol · |other|."""
        return ops.isclose(self, other, rtol, atol, equal_nan)

    def allclose(self, other: Variable, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
        """Return whether `isclose` holds for every element."""
        return ops.allclose(self, other, rtol, atol, equal_nan)

    def equal(self, other: Variable) -> bool:
        """Return whether `other` has the same shape and equal elements."""
        return ops.equal(self, other)
