"""Whether a function gives the same values for the same inputs: one that draws random numbers cannot be checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.random import default_generator

MANY = 64
"""Calls among which two masks of a single channel, dropped with a usual probability, are sure to differ."""


def other_values(values: Callable[[], Array], here: Array, calls: int, *, rtol: float, atol: float) -> Array | None:
    """Return values other than `here`, if one of so many calls of `values` gives such."""
    for _ in range(calls):
        found = values()
        if not np.allclose(found, here, rtol=rtol, atol=atol, equal_nan=True):
            return found
    return None


@contextmanager
def generator_kept() -> Iterator[Callable[[], bool]]:
    """Put the default generator back at the end; the value tells whether numbers have been drawn from it since."""
    state = default_generator.get_state()
    try:
        yield lambda: default_generator.get_state() != state
    finally:
        default_generator.set_state(state)
