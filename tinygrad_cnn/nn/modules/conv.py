"""`Conv1d` and `Conv2d`: the convolution layers."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional._geometry import Size
from tinygrad_cnn.nn.modules.convolution import Convolution
from tinygrad_cnn.tensor import Tensor


class Conv1d(Convolution):
    """Correlate sequences with learned filters; the equation and the output length are those of `functional.conv1d`.

    Weight and bias start uniformly distributed in ±1/√(C/groups·K).

    Args:
        in_channels: C.
        out_channels: O, the number of filters.
        kernel_size: K, the length of the filters.
        stride: steps between windows.
        padding: places added on both sides; or "same" or "valid".
        dilation: distance between the taps of a window.
        groups: parts that the channels are split into, each convolved by itself.
        bias: whether to add b.
        padding_mode: what is added around the input: "zeros", its mirror image with "reflect", its ends repeated
            with "replicate", or its other end with "circular".
        device: the CPU.
        dtype: of the parameters; the default dtype by default.

    Shape:
        (N, C, L) → (N, O, OL), or without N; weight (O, C/groups, K), bias (O,).

    Raises:
        ValueError: an argument is out of range, or `groups` does not divide the channels.
    """

    axes = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: str | Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self._configure(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode)
        self._build(bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """Return the feature maps."""
        x, padding = self._padded(input)
        return functional.conv1d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv2d(Convolution):
    """Correlate images with learned filters; the equation and the output size are those of `functional.conv2d`.

    Weight and bias start uniformly distributed in ±1/√(C/groups·KH·KW).

    Args:
        in_channels: C.
        out_channels: O, the number of filters.
        kernel_size: height and width of the filters, one number or (KH, KW).
        stride: steps between windows, one number or (SH, SW).
        padding: places added on both sides, one number or (PH, PW); or "same" or "valid".
        dilation: distance between the taps of a window, one number or (DH, DW).
        groups: parts that the channels are split into, each convolved by itself.
        bias: whether to add b.
        padding_mode: what is added around the input: "zeros", its mirror image with "reflect", its border repeated
            with "replicate", or its other end with "circular".
        device: the CPU.
        dtype: of the parameters; the default dtype by default.

    Shape:
        (N, C, H, W) → (N, O, OH, OW), or without N; weight (O, C/groups, KH, KW), bias (O,).

    Raises:
        ValueError: an argument is out of range, or `groups` does not divide the channels.
    """

    axes = 2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: str | Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self._configure(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode)
        self._build(bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """Return the feature maps."""
        x, padding = self._padded(input)
        return functional.conv2d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
