"""Whether a function returns equal values for equal inputs: a function that draws random numbers cannot be checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.random import default_generator

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
