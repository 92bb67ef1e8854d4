"""Softmax and its logarithm as modules."""

from __future__ import annotations

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor

__all__ = ["LogSoftmax", "Softmax"]


class _Along(Module):
    """Base of `Softmax` and `LogSoftmax`.

    Args:
        dim: the axis; without it a call warns, see `functional.softmax`.
    """

    _settings = ("dim",)

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim


class Softmax(_Along):
    """Compute exp(x) / Σ exp(x) along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        """Return probabilities that sum to 1 along `dim`."""
        return functional.softmax(input, self.dim)


class LogSoftmax(_Along):
    """Compute x − log Σ exp(x) along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        """Return log-probabilities along `dim`."""
        return functional.log_softmax(input, self.dim)
