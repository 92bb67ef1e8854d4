"""Max and average pooling, over windows of a given size or to an output of a given size."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from tinygrad_cnn._checks import per_axis
from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional._geometry import Size
from tinygrad_cnn.nn.functional.pool import OutputSize, WithIndices
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor

__all__ = ["AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d"]


class _MaxPool(Module):
    """Base of the max-pooling layers: their arguments."""

    _settings = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    _function: ClassVar[Callable[..., WithIndices]]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> WithIndices:
        """Return the maxima, and with `return_indices` their indices."""
        return self._function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool1d(_MaxPool):
    """Return the largest element of each window; arguments as for `functional.max_pool1d`.

    Shape:
        (N, C, L) → (N, C, OL), or without N; a pair of these with `return_indices`.
    """

    _function = staticmethod(functional.max_pool1d)


class MaxPool2d(_MaxPool):
    """Return the largest element of each window; arguments as for `functional.max_pool2d`.

    Shape:
        (N, C, H, W) → (N, C, OH, OW), or without N; a pair of these with `return_indices`.
    """

    _function = staticmethod(functional.max_pool2d)


class AvgPool1d(Module):
    """Return the mean of each window; arguments as for `functional.avg_pool1d`.

    Shape:
        (N, C, L) → (N, C, OL), or without N.
    """

    _settings = ("kernel_size", "stride", "padding")

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = per_axis("AvgPool1d", "kernel_size", kernel_size, 1, least=1)
        self.stride = self.kernel_size if stride is None else per_axis("AvgPool1d", "stride", stride, 1, least=1)
        self.padding = per_axis("AvgPool1d", "padding", padding, 1, least=0)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return functional.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )


class AvgPool2d(Module):
    """Return the mean of each window; arguments as for `functional.avg_pool2d`.

    Shape:
        (N, C, H, W) → (N, C, OH, OW), or without N.
    """

    _settings = ("kernel_size", "stride", "padding")

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return functional.avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
            self.divisor_override,
        )  # fmt: skip


class AdaptiveAvgPool2d(Module):
    """Return means over windows chosen so that the result has `output_size`.

    Args:
        output_size: OH and OW, one number or a pair; None keeps the input's size.

    Shape:
        (N, C, H, W) → (N, C, OH, OW), or without N.
    """

    _settings = ("output_size",)

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return functional.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveMaxPool2d(Module):
    """Return maxima over windows chosen so that the result has `output_size`.

    Args:
        output_size: OH and OW, one number or a pair; None keeps the input's size.
        return_indices: also return the index of each maximum.

    Shape:
        (N, C, H, W) → (N, C, OH, OW), or without N; a pair of these with `return_indices`.
    """

    _settings = ("output_size",)

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> WithIndices:
        """Return the maxima, and with `return_indices` their indices."""
        return functional.adaptive_max_pool2d(input, self.output_size, self.return_indices)
