"""Activations, softmax and log-softmax as modules."""

from __future__ import annotations

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class ReLU(Module):
    """Compute max(x, 0).

    Args:
        inplace: accepted for PyTorch's sake; the input keeps its values either way.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return max(x, 0)."""
        return functional.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """Return `inplace` if it was asked for."""
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """Compute 1 / (1 + e⁻ˣ)."""

    def forward(self, input: Tensor) -> Tensor:
        """Return 1 / (1 + e⁻ˣ)."""
        return functional.sigmoid(input)


class Tanh(Module):
    """Compute the hyperbolic tangent."""

    def forward(self, input: Tensor) -> Tensor:
        """Return tanh x."""
        return functional.tanh(input)


class Softmax(Module):
    """Compute exp(x) / Σ exp(x) along `dim`."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return probabilities that sum to 1 along `dim`."""
        return functional.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return the axis."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """Compute x − log Σ exp(x) along `dim`."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return log-probabilities along `dim`."""
        return functional.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return the axis."""
        return f"dim={self.dim}"
