"""`Linear`, the fully connected layer, and `Identity`."""

from __future__ import annotations

import math

import numpy.typing as npt

from tinygrad_cnn.creation import empty
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn import functional, init
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

__all__ = ["Identity", "Linear"]


def draw_affine(weight: Tensor, bias: Tensor | None) -> None:
    """Fill weight and bias of an affine map with samples from ±1/√fan_in."""
    fan_in, _ = init.calculate_fan_in_and_fan_out(weight)
    bound = 1 / math.sqrt(fan_in)
    init.kaiming_uniform_(weight, a=math.sqrt(5))  # PyTorch's expression for ±1/√fan_in
    if bias is not None:
        init.uniform_(bias, -bound, bound)


class Identity(Module):
    """Return the input: a placeholder for a layer that is left out. All arguments are ignored."""

    def __init__(self, *args: object, **kwargs: object) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input itself."""
        return input


class Linear(Module):
    """Compute y = x · wᵀ + b.

    Weight and bias start uniformly distributed in ±1/√in_features.

    Args:
        in_features: length of the last axis of the input.
        out_features: length of the last axis of the output.
        bias: whether to add b.
        device: the CPU.
        dtype: the dtype of the parameters; the default dtype by default.

    Shape:
        (..., in_features) → (..., out_features); weight (out_features, in_features), bias (out_features,).

    Raises:
        ValueError: a number of features is below 1.
    """

    weight: Parameter
    bias: Parameter | None
    _settings = ("in_features", "out_features", "bias")

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear: expected at least 1 feature in and out, got {in_features} and {out_features}")
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty(out_features, in_features, dtype=dtype, device=device))
        self.register_parameter("bias", Parameter(empty(out_features, dtype=dtype, device=device)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        draw_affine(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return x · wᵀ + b."""
        return functional.linear(input, self.weight, self.bias)
