"""Max and average pooling over windows."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn._checks import per_axis
from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional._geometry import Size
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class _MaxPool(Module):
    """What the max-pooling layers share: their arguments."""

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
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """Return the arguments."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """Return the largest element of each window; arguments as for `functional.max_pool1d`.

    Shape:
        (N, C, L) → (N, C, OL), or without N; a pair of these with `return_indices`.
    """

    def forward(self, input: Tensor) -> Any:
        """Return the maxima, and with `return_indices` where they were found."""
        return functional.max_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool2d(_MaxPool):
    """Return the largest element of each window; arguments as for `functional.max_pool2d`.

    Shape:
        (N, C, H, W) → (N, C, OH, OW), or without N; a pair of these with `return_indices`.
    """

    def forward(self, input: Tensor) -> Any:
        """Return the maxima, and with `return_indices` where they were found."""
        return functional.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class AvgPool1d(Module):
    """Return the mean of each window; arguments as for `functional.avg_pool1d`.

    Shape:
        (N, C, L) → (N, C, OL), or without N.
    """

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
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return functional.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self) -> str:
        """Return the arguments that PyTorch shows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """Return the mean of each window; arguments as for `functional.avg_pool2d`.

    Shape:
        (N, C, H, W) → (N, C, OH, OW), or without N.
    """

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
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return functional.avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
            self.divisor_override,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """Return the arguments that PyTorch shows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
