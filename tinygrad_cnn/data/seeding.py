"""Where random transforms draw from: the generator that a loader set for the batch being read, else the default one."""

from __future__ import annotations

from contextvars import ContextVar

import numpy as np

from tinygrad_cnn.random import default_generator

_current: ContextVar[np.random.Generator | None] = ContextVar("_current", default=None)


def current_generator() -> np.random.Generator:
    """Return the generator that random transforms draw from here and now."""
    generator = _current.get()
    return default_generator.numpy if generator is None else generator
