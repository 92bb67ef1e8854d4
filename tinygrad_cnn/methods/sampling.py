"""Random tensors drawn by the values of a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_cnn import sampling
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.random import Generator

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor


class Sampling(Variable):
    """Random tensors drawn by the values of a tensor."""

    __slots__ = ()

    def bernoulli(self: Any, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
        """Return 1 with the probability that this tensor holds, or `p`, and 0 otherwise."""
        return sampling.bernoulli(self, p, generator=generator)

    def multinomial(
        self: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
    ) -> Tensor:
        """Return indices drawn with probabilities in proportion to the weights in each row."""
        return sampling.multinomial(self, num_samples, replacement, generator=generator)
