"""Finite differences, and whether a function returns equal values for equal inputs, which they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from tinygrad_cnn._dtypes import float64
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import wrap
from tinygrad_cnn.random import default_generator
from tinygrad_cnn.tensor import Tensor


class Differences(NamedTuple):
    """The slopes of a function when one element x changes by ±h: a float, or an array for several outputs.

    Attributes:
        central: (f(x + h) − f(x − h)) / 2h, with an error of O(h²) where f is smooth.
        above: (f(x + h) − f(x)) / h, the slope on the right of x.
        below: (f(x) − f(x − h)) / h, the slope on the left of x.
    """

    central: Array
    above: Array
    below: Array


def differences(fn: Callable[[], Array], x: Tensor, index: Shape, *, eps: float, here: Array) -> Differences:
    """Return the slopes of `fn` when the element of `x` at `index` changes by ±eps.

    The element is changed in the memory of `x`, which `fn` reads, and restored bit for bit, even if `fn` raises.

    Args:
        fn: computes the values from `x`; its result must not share memory with `x`.
        x: a float64 tensor.
        index: of the element.
        eps: the step h.
        here: fn() for the unchanged `x`.

    Raises:
        ValueError: the element is not finite, or so large that the step is lost in rounding.
    """
    values = x.array
    kept = values[index]
    if not kept - eps < kept < kept + eps:
        raise ValueError(
            f"finite differences: a step of eps={eps:g} does not change the value {kept:g}; use a larger eps"
        )
    try:
        values[index] = kept + eps
        up = values[index] - kept  # the step after rounding, which may differ from eps
        higher = fn()
        values[index] = kept - eps
        down = kept - values[index]
        lower = fn()
    finally:
        values[index] = kept
    with np.errstate(invalid="ignore", over="ignore"):  # ∞ − ∞ is NaN, which no comparison accepts
        return Differences((higher - lower) / (up + down), (higher - here) / up, (here - lower) / down)


def numerical_gradient(
    fn: Callable[[], Tensor], x: Tensor, upstream: Tensor | None = None, *, eps: float = 1e-6
) -> Tensor:
    """Return the gradient of Σ upstream · fn() with respect to `x` by central differences, (f(x+h) − f(x−h)) / 2h.

    It calls `fn` twice for every element, so use it only to check gradients.

    Args:
        fn: computes a tensor from `x`, whose elements are changed one at a time while it is called.
        x: a float64 tensor; restored, bit for bit, afterwards.
        upstream: the weight of each element of fn(), in the same shape; ones by default.
        eps: the step h.

    Returns:
        A float64 tensor of the shape of `x`.

    Raises:
        TypeError: `x` is not float64.
        ValueError: an element of `x` is not finite, or so large that the step is lost in rounding.

    Example:
        >>> x = tensor([1.0, 2.0], dtype=float64)
        >>> numerical_gradient(lambda: (x * x).sum(), x)
        tensor([2., 4.], dtype=float64)
    """
    require_float64("numerical_gradient: x", x)
    weight = 1.0 if upstream is None else upstream.array

    def total() -> Array:
        return np.asarray(np.sum(fn().array * weight))

    here = total()
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        gradient[index] = differences(total, x, index, eps=eps, here=here).central
    result = wrap(gradient)
    assert isinstance(result, Tensor)
    return result


def require_float64(what: str, x: Tensor) -> None:
    """Raise an error unless `x` is float64 and its memory can be changed one element at a time.

    Raises:
        TypeError: `x` has another dtype; differences of float32 values have only two or three digits.
        ValueError: the memory is read-only, such as that of an expanded tensor.
    """
    if x.dtype != float64:
        raise TypeError(
            f"{what}: expected float64, got {x.dtype}, too coarse for finite differences; "
            "use .double() on the tensor, or on both the model and its inputs"
        )
    if not x.array.flags.writeable:
        raise ValueError(f"{what}: expected memory that can be written to, got a read-only tensor; use .clone()")


MANY = 64
"""Number of calls among which dropout of a single channel, with a usual probability, is practically sure to vary."""


def other_values(values: Callable[[], Array], here: Array, calls: int, *, rtol: float, atol: float) -> Array | None:
    """Call `values` up to `calls` times, and return the first result that differs from `here`; None if none does."""
    for _ in range(calls):
        found = values()
        if not np.allclose(found, here, rtol=rtol, atol=atol, equal_nan=True):
            return found
    return None


@contextmanager
def generator_kept() -> Iterator[Callable[[], bool]]:
    """Restore the default generator at the end; the context's value returns whether numbers were drawn from it."""
    state = default_generator.get_state()
    try:
        yield lambda: default_generator.get_state() != state
    finally:
        default_generator.set_state(state)
