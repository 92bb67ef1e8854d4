"""Activations, softmax and log-softmax as modules."""

from __future__ import annotations

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class ReLU(Module):
    """Compute max(x, 0).

    Args:
        inplace: overwrite the input.
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


class Hardtanh(Module):
    """Compute min(max(x, min_val), max_val).

    Args:
        min_val: the least value.
        max_val: the greatest value.
        inplace: overwrite the input.

    Raises:
        ValueError: `min_val` is not below `max_val`.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: expected min_val < max_val, got {min_val} and {max_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return x, cut off at both limits."""
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """Return the limits, and `inplace` if it was asked for."""
        return f"min_val={self.min_val}, max_val={self.max_val}{', inplace=True' if self.inplace else ''}"


class ReLU6(Hardtanh):
    """Compute min(max(x, 0), 6).

    Args:
        inplace: overwrite the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """Return `inplace` if it was asked for."""
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """Compute x where x > 0 and negative_slope · x elsewhere.

    Args:
        negative_slope: the slope below 0.
        inplace: overwrite the input.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return x, flattened below 0."""
        return functional.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """Return the slope, and `inplace` if it was asked for."""
        return f"negative_slope={self.negative_slope}{', inplace=True' if self.inplace else ''}"


class ELU(Module):
    """Compute x where x > 0 and alpha · (eˣ − 1) elsewhere.

    Args:
        alpha: minus the value far below 0.
        inplace: overwrite the input.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return x, bent towards −alpha below 0."""
        return functional.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Return `alpha`, and `inplace` if it was asked for."""
        return f"alpha={self.alpha}{', inplace=True' if self.inplace else ''}"


class GELU(Module):
    """Compute x · Φ(x), with Φ the distribution function of the normal distribution.

    Args:
        approximate: "none", or "tanh" for the formula in `functional.gelu`.
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Return x · Φ(x)."""
        return functional.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """Return which formula is used."""
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """Compute x · sigmoid(x).

    Args:
        inplace: overwrite the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return x · sigmoid(x)."""
        return functional.silu(input, self.inplace)

    def extra_repr(self) -> str:
        """Return `inplace` if it was asked for."""
        return "inplace=True" if self.inplace else ""


class Softplus(Module):
    """Compute log(1 + e^(beta · x)) / beta, a smooth max(x, 0).

    Args:
        beta: the sharper the larger.
        threshold: where beta · x is above it, the result is x.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Return log(1 + e^(beta · x)) / beta."""
        return functional.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Return both numbers."""
        return f"beta={self.beta}, threshold={self.threshold}"


class LogSigmoid(Module):
    """Compute log sigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        """Return log sigmoid(x)."""
        return functional.logsigmoid(input)


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
