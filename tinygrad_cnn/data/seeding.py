"""Where random transforms draw from: a generator for each batch, so that who reads the batch does not matter."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TypeVar

import numpy as np

from tinygrad_cnn.random import default_generator


class OfBatch:
    """The generator of one batch, made when it is first asked for: most batches draw nothing."""

    __slots__ = ("_generator", "_key", "_seed")

    def __init__(self, seed: int, key: int) -> None:
        self._seed = seed
        self._key = key
        self._generator: np.random.Generator | None = None

    def get(self) -> np.random.Generator:
        """Return the generator."""
        if self._generator is None:
            self._generator = generator_of(self._seed, self._key)
        return self._generator


class OneOf:
    """One of several generators, chosen anew whenever one is asked for."""

    __slots__ = ("_choose",)

    def __init__(self, choose: Callable[[], OfBatch]) -> None:
        self._choose = choose

    def get(self) -> np.random.Generator:
        """Return the generator that is chosen now."""
        return self._choose().get()


Source = OfBatch | OneOf | np.random.Generator

S = TypeVar("S", OfBatch, OneOf, np.random.Generator)

_current: ContextVar[Source | None] = ContextVar("tinygrad_cnn_data_generator", default=None)


def current_generator() -> np.random.Generator:
    """Return the NumPy generator that a random transform draws from.

    While a `DataLoader` reads a batch it is that batch's own, which follows from the seed of the epoch and the number
    of the batch alone. So the same seed gives the same batches whatever the number of workers, and a resumed epoch
    goes on as it would have. Elsewhere it is the default generator's, which `manual_seed` sets.

    It is found per thread: a thread that a data set starts by itself gets the default generator's.

    Example:
        >>> def flip(image):
        ...     return image[..., ::-1] if current_generator().random() < 0.5 else image
    """
    found = _current.get()
    if found is None:
        return default_generator.numpy
    return found if isinstance(found, np.random.Generator) else found.get()


@contextlib.contextmanager
def use_generator(generator: S) -> Iterator[S]:
    """Make `generator` the one that `current_generator` returns inside a ``with`` block, in this thread.

    Args:
        generator: a NumPy generator.

    Example:
        >>> with use_generator(np.random.default_rng(0)):
        ...     image, label = dataset[3]  # the same crop every time
    """
    token = _current.set(generator)
    try:
        yield generator
    finally:
        _current.reset(token)


@contextlib.contextmanager
def use_generator_of(base_seed: int, number: int) -> Iterator[OfBatch]:
    """Make the generator of batch `number` of the epoch with `base_seed` the current one inside a ``with`` block."""
    with use_generator(OfBatch(base_seed, number)) as generator:
        yield generator


def generator_of(base_seed: int, number: int) -> np.random.Generator:
    """Return a new generator for batch `number` (from 0) of the epoch with `base_seed`; all are independent."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(base_seed, spawn_key=(number,))))
