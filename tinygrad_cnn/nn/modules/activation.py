"""Activations as modules."""

from __future__ import annotations

from typing import ClassVar

import numpy.typing as npt
from typing_extensions import override

from tinygrad_cnn.creation import empty
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn import functional, init
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

__all__ = [
    "ELU", "GELU", "SELU", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid", "Mish", "PReLU", "ReLU",
    "ReLU6", "SiLU", "Sigmoid", "Softplus", "Tanh",
]  # fmt: skip


class _InPlace(Module):
    """Base of the activations that may overwrite their input.

    Args:
        inplace: overwrite the input; the change is recorded for the gradient.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    @override
    def extra_repr(self) -> str:
        """Return the settings, and `inplace` if it is True."""
        settings = super().extra_repr()
        return ", ".join([*[settings] * bool(settings), *["inplace=True"] * self.inplace])


class ReLU(_InPlace):
    """Compute max(x, 0).

    Args:
        inplace: overwrite the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return max(x, 0)."""
        return functional.relu(input, self.inplace)


class Hardtanh(_InPlace):
    """Compute min(max(x, min_val), max_val).

    Args:
        min_val: the lower limit.
        max_val: the upper limit.
        inplace: overwrite the input.

    Raises:
        ValueError: `min_val` is not below `max_val`.
    """

    _settings: ClassVar[tuple[str, ...]] = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: expected min_val < max_val, got {min_val} and {max_val}")
        self.min_val, self.max_val = min_val, max_val

    def forward(self, input: Tensor) -> Tensor:
        """Return x, clipped to the two limits."""
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)


class ReLU6(Hardtanh):
    """Compute min(max(x, 0), 6).

    Args:
        inplace: overwrite the input.
    """

    _settings = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)


class LeakyReLU(_InPlace):
    """Compute x where x > 0 and negative_slope · x elsewhere.

    Args:
        negative_slope: the slope below 0.
        inplace: overwrite the input.
    """

    _settings = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        """Return x where x > 0, and negative_slope · x elsewhere."""
        return functional.leaky_relu(input, self.negative_slope, self.inplace)


class PReLU(Module):
    """Compute x where x > 0 and w · x elsewhere, with learned slopes w.

    Args:
        num_parameters: 1 for a single slope, or the number of channels for a slope for each.
        init: the initial value of the slopes.
        device: the CPU.
        dtype: the dtype of the slopes; the default dtype by default.

    Shape:
        (N, C, ...) → the same, or any shape with one slope; weight (num_parameters,).

    Ref: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
    """

    weight: Parameter
    _settings = ("num_parameters",)

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: DeviceLike = None, dtype: npt.DTypeLike | None = None
    ) -> None:
        super().__init__()
        if num_parameters < 1:
            raise ValueError(f"PReLU: expected at least 1 slope, got num_parameters={num_parameters}")
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set all slopes to their initial value."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Return x, multiplied by w below 0."""
        return functional.prelu(input, self.weight)


class ELU(_InPlace):
    """Compute x where x > 0 and alpha · (eˣ − 1) elsewhere.

    Args:
        alpha: minus the limit for x → −∞.
        inplace: overwrite the input.
    """

    _settings = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """Return x where x > 0, and alpha · (eˣ − 1) elsewhere."""
        return functional.elu(input, self.alpha, self.inplace)


class SELU(_InPlace):
    """Compute scale · ELU(x; alpha), with alpha ≈ 1.6733 and scale ≈ 1.0507; see `functional.selu`.

    Args:
        inplace: overwrite the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return scale · ELU(x; alpha)."""
        return functional.selu(input, self.inplace)


class GELU(Module):
    """Compute x · Φ(x), with Φ the distribution function of the normal distribution.

    Args:
        approximate: "none", or "tanh" for the formula in `functional.gelu`.
    """

    _settings = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Return x · Φ(x)."""
        return functional.gelu(input, self.approximate)


class SiLU(_InPlace):
    """Compute x · sigmoid(x).

    Args:
        inplace: overwrite the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return x · sigmoid(x)."""
        return functional.silu(input, self.inplace)


class Mish(_InPlace):
    """Compute x · tanh(log(1 + eˣ)).

    Args:
        inplace: overwrite the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return x · tanh(log(1 + eˣ))."""
        return functional.mish(input, self.inplace)


class Softplus(Module):
    """Compute log(1 + e^(beta · x)) / beta, a smooth max(x, 0).

    Args:
        beta: the larger, the closer the curve is to max(x, 0).
        threshold: where beta · x is above it, the result is x.
    """

    _settings = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:
        """Return log(1 + e^(beta · x)) / beta."""
        return functional.softplus(input, self.beta, self.threshold)


class _Hard(_InPlace):
    """Base of the activations whose repr does not show `inplace`, as in PyTorch."""

    @override
    def extra_repr(self) -> str:
        """Return an empty text."""
        return ""


class Hardsigmoid(_Hard):
    """Compute min(max(x + 3, 0), 6) / 6.

    Args:
        inplace: overwrite the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return min(max(x + 3, 0), 6) / 6."""
        return functional.hardsigmoid(input, self.inplace)


class Hardswish(_Hard):
    """Compute x · min(max(x + 3, 0), 6) / 6.

    Args:
        inplace: overwrite the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return x · min(max(x + 3, 0), 6) / 6."""
        return functional.hardswish(input, self.inplace)


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
