"""Comparisons, tests of single values, and logical operations on their results. None of them passes gradients."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import T, Values, Variable
from tinygrad_cnn.ops.broadcast import elementwise


@elementwise(differentiable=False)
def eq(x: Array, other: Array) -> Array:
    """Return whether x = other."""
    return np.equal(x, other)


@elementwise(differentiable=False)
def ne(x: Array, other: Array) -> Array:
    """Return whether x ≠ other."""
    return np.not_equal(x, other)


@elementwise(differentiable=False)
def lt(x: Array, other: Array) -> Array:
    """Return whether x < other."""
    return np.less(x, other)


@elementwise(differentiable=False)
def le(x: Array, other: Array) -> Array:
    """Return whether x ≤ other."""
    return np.less_equal(x, other)


@elementwise(differentiable=False)
def gt(x: Array, other: Array) -> Array:
    """Return whether x > other."""
    return np.greater(x, other)


@elementwise(differentiable=False)
def ge(x: Array, other: Array) -> Array:
    """Return whether x ≥ other."""
    return np.greater_equal(x, other)


@elementwise(differentiable=False)
def _isclose(x: Array, other: Array, *, rtol: float, atol: float, equal_nan: bool) -> Array:
    if np.result_type(x, other).kind == "b":
        return np.equal(x, other)
    return np.isclose(x, other, rtol, atol, equal_nan)


def isclose(input: T, other: Values, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> T:
    """Return where |input − other| ≤ atol + rtol · |other|; equal infinities are close, NaNs only with `equal_nan`.

    Raises:
        RuntimeError: the dtypes differ, or a tolerance is negative.
    """
    for name, one in (("input", input), ("other", other)):
        if not isinstance(one, Variable | np.ndarray | np.generic):
            raise TypeError(f"isclose: expected {name} as a tensor, got {type(one).__name__}")
    if input.dtype != other.dtype:
        raise RuntimeError(f"isclose: expected tensors of one dtype, got {input.dtype} and {other.dtype}")
    if not (rtol >= 0 and atol >= 0):
        raise RuntimeError(f"isclose: expected tolerances of at least 0, got rtol={rtol} and atol={atol}")
    return _isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(input: T, other: Values, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Return whether `isclose` holds for every element."""
    return _holds(isclose(input, other, rtol, atol, equal_nan))


def equal(input: T, other: Values) -> bool:
    """Return whether both have the same shape and equal elements; a NaN equals nothing, not even itself."""
    if not isinstance(other, Variable | np.ndarray | np.generic):
        raise TypeError(f"equal: expected other as a tensor, got {type(other).__name__}")
    return input.shape == other.shape and _holds(eq(input, other))


def _holds(answers: T) -> bool:
    """Return whether all of `answers` are true."""
    return bool(np.all(answers.array if isinstance(answers, Variable) else answers))


@elementwise(differentiable=False)
def isnan(x: Array) -> Array:
    """Return whether x is not a number."""
    return np.isnan(x)


@elementwise(differentiable=False)
def isinf(x: Array) -> Array:
    """Return whether x is ∞ or −∞."""
    return np.isinf(x)


@elementwise(differentiable=False)
def isfinite(x: Array) -> Array:
    """Return whether x is neither infinite nor NaN."""
    return np.isfinite(x)


@elementwise(differentiable=False)
def logical_and(x: Array, other: Array) -> Array:
    """Return whether both are nonzero."""
    return np.logical_and(x, other)


@elementwise(differentiable=False)
def logical_or(x: Array, other: Array) -> Array:
    """Return whether at least one is nonzero."""
    return np.logical_or(x, other)


@elementwise(differentiable=False)
def logical_xor(x: Array, other: Array) -> Array:
    """Return whether exactly one is nonzero."""
    return np.logical_xor(x, other)


@elementwise(differentiable=False)
def logical_not(x: Array) -> Array:
    """Return whether x is 0."""
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
