"""Comparisons, tests of single values, and the logic of their answers. None of them passes gradients."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.ops.broadcast import elementwise


@elementwise(differentiable=False)
def eq(x: Array, other: Array) -> Array:
    """Tell whether x = other."""
    return np.equal(x, other)


@elementwise(differentiable=False)
def ne(x: Array, other: Array) -> Array:
    """Tell whether x ≠ other."""
    return np.not_equal(x, other)


@elementwise(differentiable=False)
def lt(x: Array, other: Array) -> Array:
    """Tell whether x < other."""
    return np.less(x, other)


@elementwise(differentiable=False)
def le(x: Array, other: Array) -> Array:
    """Tell whether x ≤ other."""
    return np.less_equal(x, other)


@elementwise(differentiable=False)
def gt(x: Array, other: Array) -> Array:
    """Tell whether x > other."""
    return np.greater(x, other)


@elementwise(differentiable=False)
def ge(x: Array, other: Array) -> Array:
    """Tell whether x ≥ other."""
    return np.greater_equal(x, other)


@elementwise(differentiable=False)
def isnan(x: Array) -> Array:
    """Tell whether x is not a number."""
    return np.isnan(x)


@elementwise(differentiable=False)
def isinf(x: Array) -> Array:
    """Tell whether x is ∞ or −∞."""
    return np.isinf(x)


@elementwise(differentiable=False)
def isfinite(x: Array) -> Array:
    """Tell whether x is neither infinite nor NaN."""
    return np.isfinite(x)


@elementwise(differentiable=False)
def logical_and(x: Array, other: Array) -> Array:
    """Tell whether both are other than 0."""
    return np.logical_and(x, other)


@elementwise(differentiable=False)
def logical_or(x: Array, other: Array) -> Array:
    """Tell whether at least one is other than 0."""
    return np.logical_or(x, other)


@elementwise(differentiable=False)
def logical_xor(x: Array, other: Array) -> Array:
    """Tell whether exactly one is other than 0."""
    return np.logical_xor(x, other)


@elementwise(differentiable=False)
def logical_not(x: Array) -> Array:
    """Tell whether x is 0."""
    return np.logical_not(x)


@elementwise(differentiable=False)
def bitwise_and(x: Array, other: Array) -> Array:
    """Compute the logical AND of booleans, the bitwise AND of integers."""
    return np.bitwise_and(x, other)


@elementwise(differentiable=False)
def bitwise_or(x: Array, other: Array) -> Array:
    """Compute the logical OR of booleans, the bitwise OR of integers."""
    return np.bitwise_or(x, other)


@elementwise(differentiable=False)
def bitwise_xor(x: Array, other: Array) -> Array:
    """Compute the exclusive OR of booleans, the bitwise exclusive OR of integers."""
    return np.bitwise_xor(x, other)


@elementwise(differentiable=False)
def bitwise_not(x: Array) -> Array:
    """Compute the logical NOT of booleans, the bitwise complement of integers."""
    return np.bitwise_not(x)
