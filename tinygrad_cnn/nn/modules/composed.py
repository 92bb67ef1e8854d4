"""`SELU`, `Mish`, `Hardsigmoid`, `Hardswish` and `PReLU`: activations made of others."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from tinygrad_cnn.creation import empty
from tinygrad_cnn.nn import functional, init
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor


class _InPlace(Module):
    """What the activations without other arguments share.

    Args:
        inplace: overwrite the input with the result, recorded.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class _Told(_InPlace):
    """Those whose text says so, as PyTorch's does."""

    def extra_repr(self) -> str:
        """Return `inplace` if it was asked for."""
        return "inplace=True" if self.inplace else ""


class SELU(_Told):
    """Compute scale · ELU(x; alpha), with alpha ≈ 1.6733 and scale ≈ 1.0507; see `functional.selu`.

    Args:
        inplace: overwrite the input with the result, recorded.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return scale · ELU(x; alpha)."""
        return functional.selu(input, self.inplace)


class Mish(_Told):
    """Compute x · tanh(log(1 + eˣ)).

    Args:
        inplace: overwrite the input with the result, recorded.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return x · tanh(log(1 + eˣ))."""
        return functional.mish(input, self.inplace)


class Hardsigmoid(_InPlace):
    """Compute min(max(x + 3, 0), 6) / 6.

    Args:
        inplace: overwrite the input with the result, recorded.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return min(max(x + 3, 0), 6) / 6."""
        return functional.hardsigmoid(input, self.inplace)


class Hardswish(_InPlace):
    """Compute x · min(max(x + 3, 0), 6) / 6.

    Args:
        inplace: overwrite the input with the result, recorded.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return x · min(max(x + 3, 0), 6) / 6."""
        return functional.hardswish(input, self.inplace)


class PReLU(Module):
    """Compute x where x > 0 and w · x elsewhere, w being learned.

    Args:
        num_parameters: 1 for one slope, or the number of channels for one each.
        init: the value the slopes start from.
        device: the CPU.
        dtype: of the slopes; the default dtype by default.

    Shape:
        (N, C, ...) → the same, or any shape with one slope; weight (num_parameters,).

    Ref: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
    """

    weight: Parameter

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: npt.DTypeLike | None = None
    ) -> None:
        super().__init__()
        if num_parameters < 1:
            raise ValueError(f"PReLU: expected at least 1 slope, got num_parameters={num_parameters}")
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set all slopes to the value they start from."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Return x, times w below 0."""
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Return the number of slopes."""
        return f"num_parameters={self.num_parameters}"
