"""`AdaptiveAvgPool2d` and `AdaptiveMaxPool2d`: pooling to a given output size."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional.adaptive import OutputSize
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class AdaptiveAvgPool2d(Module):
    """Return means over windows laid out so that the result has `output_size`.

    Args:
        output_size: OH and OW, one number or a pair; None keeps the input's size.

    Shape:
        (N, C, H, W) → (N, C, OH, OW), or without N.
    """

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return functional.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self) -> str:
        """Return the output size."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool2d(Module):
    """Return maxima over windows laid out so that the result has `output_size`.

    Args:
        output_size: OH and OW, one number or a pair; None keeps the input's size.
        return_indices: return also where each maximum was found.

    Shape:
        (N, C, H, W) → (N, C, OH, OW), or without N; a pair of these with `return_indices`.
    """

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """Return the maxima, and with `return_indices` where they were found."""
        return functional.adaptive_max_pool2d(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        """Return the output size."""
        return f"output_size={self.output_size}"
