"""`Generator`: the source of all random numbers, and the default one that `manual_seed` sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape


class Generator:
    """A seedable stream of random numbers (NumPy's PCG64).

    Streams are reproducible for a seed, but are not PyTorch's: the same seed gives other numbers there.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.numpy = np.random.default_rng(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Restart the stream from `seed`, an int ≥ 0, and return the generator."""
        self.numpy = np.random.default_rng(seed)
        return self

    def get_state(self) -> dict[str, Any]:
        """Return the position in the stream."""
        return dict(self.numpy.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> None:
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


def manual_seed(seed: int) -> Generator:
    """Restart the default generator from `seed`; initialisation, shuffling and sampling follow from it."""
    return default_generator.manual_seed(seed)
