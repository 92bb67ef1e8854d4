"""`Conv2d`: the two-dimensional convolution layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from tinygrad_cnn._checks import pair
from tinygrad_cnn.creation import empty
from tinygrad_cnn.nn import functional, init
from tinygrad_cnn.nn.functional.conv import resolve_padding
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor


class Conv2d(Module):
    """Correlate images with learned filters; the equation and the output size are those of `functional.conv2d`.

    Weight and bias start uniformly distributed in ±1/√(C/groups·KH·KW).

    Args:
        in_channels: C.
        out_channels: O, the number of filters.
        kernel_size: height and width of the filters, one number or (KH, KW).
        stride: steps between windows, one number or (SH, SW).
        padding: zeros added on both sides, one number or (PH, PW); or "same" or "valid".
        dilation: distance between the taps of a window, one number or (DH, DW).
        groups: parts that the channels are split into, each convolved by itself.
        bias: whether to add b.
        padding_mode: what is added around the input: "zeros".
        device: the CPU.
        dtype: of the parameters; the default dtype by default.

    Shape:
        (N, C, H, W) → (N, O, OH, OW), or without N; weight (O, C/groups, KH, KW), bias (O,).

    Raises:
        ValueError: an argument is out of range, or `groups` does not divide the channels.
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: str | int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if in_channels < 1 or out_channels < 1:
            raise ValueError(f"Conv2d: expected at least 1 channel in and out, got {in_channels} and {out_channels}")
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"Conv2d: expected groups ≥ 1 that divide in_channels={in_channels} and out_channels={out_channels}, "
                f"got groups={groups}"
            )
        if padding_mode != "zeros":
            raise ValueError(f"Conv2d: expected padding_mode 'zeros', got {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = pair("Conv2d", "kernel_size", kernel_size, least=1)
        self.stride = pair("Conv2d", "stride", stride, least=1)
        self.dilation = pair("Conv2d", "dilation", dilation, least=1)
        resolve_padding("Conv2d", padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else pair("Conv2d", "padding", padding, least=0)
        self.groups = groups
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, dtype=dtype, device=device))
        self.register_parameter("bias", Parameter(empty(out_channels, dtype=dtype, device=device)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # is ±1/√fan_in
        if self.bias is not None:
            fan_in, _ = init.calculate_fan_in_and_fan_out(self.weight)
            init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def forward(self, input: Tensor) -> Tensor:
        """Return the feature maps."""
        return functional.conv2d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )  # fmt: skip

    def extra_repr(self) -> str:
        """Return the sizes, and the options that differ from their defaults."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0, 0):
            text += f", padding={self.padding}"
        if self.dilation != (1, 1):
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        return text if self.bias is not None else f"{text}, bias=False"
