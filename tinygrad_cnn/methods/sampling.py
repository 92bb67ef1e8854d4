"""Random tensors drawn by the values of a tensor."""

from __future__ import annotations

from typing import Self

from tinygrad_cnn import sampling
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.random import Generator


class Sampling(Variable):
    """Random tensors drawn by the values of a tensor."""

    __slots__ = ()

    def bernoulli(self, p: float | None = None, *, generator: Generator | None = None) -> Self:
        """Return 1 with the probability that this tensor holds, or `p`, and 0 otherwise."""
        return sampling.bernoulli(self, p, generator=generator)

    def multinomial(self, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Self:
        """Return indices drawn with probabilities in proportion to the weights in each row."""
        return sampling.multinomial(self, num_samples, replacement, generator=generator)
