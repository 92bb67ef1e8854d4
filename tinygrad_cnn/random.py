"""`Generator`: the source of all random numbers, and the default one that `manual_seed` sets."""

from __future__ import annotations

import os
import secrets
from threading import Lock

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.device import CPU, Device, require_cpu

_SEED = 67280421310721
"""The seed of a new generator, the same number as in PyTorch."""


class Generator:
    """A seedable stream of random numbers (NumPy's PCG64).

    A seed always gives the same stream, but not PyTorch's: the same seed gives other numbers there. A new generator
    always starts from the same seed, as PyTorch's does.

    Args:
        device: must be the CPU.

    Attributes:
        numpy: the underlying NumPy generator.
    """

    def __init__(self, device: str | Device = "cpu") -> None:
        require_cpu("Generator", device)
        self.device = CPU
        self.manual_seed(_SEED)

    def manual_seed(self, seed: int) -> Generator:
        """Restart the stream from `seed` and return the generator.

        Args:
            seed: from −2⁶³ to 2⁶⁴ − 1; 2⁶⁴ is added to a negative seed.

        Raises:
            ValueError: `seed` is outside this range, or not a number.
        """
        number = int(seed)
        if not -(2**63) <= number < 2**64:
            raise ValueError(f"manual_seed: expected a seed from -2**63 to 2**64 - 1, got {number}")
        self._initial_seed = number % 2**64
        self.numpy = np.random.default_rng(self._initial_seed)
        return self

    def seed(self) -> int:
        """Restart the stream from an unpredictable seed, and return the seed."""
        return self.manual_seed(secrets.randbits(63)).initial_seed()

    def initial_seed(self) -> int:
        """Return the seed that the stream was last started from."""
        return self._initial_seed

    def get_state(self) -> dict[str, object]:
        """Return the position in the stream."""
        return dict(self.numpy.bit_generator.state)

    def set_state(self, state: dict[str, object]) -> None:
        """Go back to a position that `get_state` returned."""
        self.numpy.bit_generator.state = state

    def normal(self, shape: Shape, dtype: DType) -> Array:
        """Return samples of N(0, 1)."""
        if dtype == np.float16:
            return self.numpy.standard_normal(shape, np.float32).astype(dtype)
        return np.asarray(self.numpy.standard_normal(shape, dtype.type))

    def uniform(self, shape: Shape, dtype: DType) -> Array:
        """Return samples from [0, 1)."""
        if dtype == np.float16:
            return self.numpy.random(shape, np.float32).astype(dtype)
        return np.asarray(self.numpy.random(shape, dtype.type))


default_generator = Generator()
default_generator.seed()


_LONGEST_DRAW = 30.0
"""The longest time, in seconds, that a fork waits for a thread that draws numbers."""

_held: Lock | None = None
"""NumPy's lock of the default generator while the process forks."""


def _take_lock() -> None:
    """Make a fork wait for a thread that draws numbers: the child has no such thread to release the lock."""
    global _held
    lock = default_generator.numpy.bit_generator.lock
    _held = lock if lock.acquire(timeout=_LONGEST_DRAW) else None


def _release_lock() -> None:
    global _held
    if _held is not None:
        _held.release()
        _held = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_take_lock, after_in_parent=_release_lock, after_in_child=_release_lock)


def manual_seed(seed: int) -> Generator:
    """Restart the default generator from `seed`; initialisation, shuffling and sampling draw from it."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Restart the default generator from an unpredictable seed, and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed that the default generator was last started from."""
    return default_generator.initial_seed()
