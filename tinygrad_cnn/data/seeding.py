"""Random numbers of transforms: each batch has its own generator, so the result does not depend on the worker."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar

import numpy as np

from tinygrad_cnn.random import default_generator

GeneratorSource = Callable[[], np.random.Generator]
"""A function that returns the generator to draw from."""

_current: ContextVar[GeneratorSource | None] = ContextVar("tinygrad_cnn_data_generator", default=None)


def current_generator() -> np.random.Generator:
    """Return the NumPy generator that a random transform draws from.

    While a `DataLoader` reads a batch, this is the batch's own generator, which depends only on the seed of the epoch
    and the number of the batch. So the same seed gives the same batches for any number of workers, and a resumed epoch
    continues exactly. Elsewhere it is the default generator, which `manual_seed` sets.

    Each thread has its own generator: a thread that a data set starts gets the default generator.

    Example:
        >>> def flip(image):
        ...     return image[..., ::-1] if current_generator().random() < 0.5 else image
    """
    source = _current.get()
    return default_generator.numpy if source is None else source()


@contextlib.contextmanager
def use_generator(generator: np.random.Generator) -> Iterator[np.random.Generator]:
    """Make `current_generator` return `generator` inside a ``with`` block, in this thread.

    Args:
        generator: a NumPy generator.

    Example:
        >>> with use_generator(np.random.default_rng(0)):
        ...     image, label = dataset[3]  # the same crop every time
    """
    with use_source(lambda: generator):
        yield generator


@contextlib.contextmanager
def use_source(source: GeneratorSource) -> Iterator[None]:
    """Make `current_generator` return ``source()`` inside a ``with`` block, in this thread."""
    token = _current.set(source)
    try:
        yield
    finally:
        _current.reset(token)


def batch_source(base_seed: int, number: int) -> GeneratorSource:
    """Return a function that returns a batch's generator; its first call creates it, as most batches draw nothing."""
    return functools.cache(lambda: batch_generator(base_seed, number))


def batch_generator(base_seed: int, number: int) -> np.random.Generator:
    """Return a new generator for batch `number` (from 0) of the epoch with `base_seed`; all are independent."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(base_seed, spawn_key=(number,))))
