"""`Convolution`: what the convolution layers share."""

from __future__ import annotations

import math
from typing import Any

import numpy.typing as npt

from tinygrad_cnn._checks import per_axis
from tinygrad_cnn.creation import empty
from tinygrad_cnn.nn import functional, init
from tinygrad_cnn.nn.functional._geometry import Size
from tinygrad_cnn.nn.functional.conv import resolve_padding
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor


class Convolution(Module):
    """Base of the convolution layers; the checks, parameters, initial values and text of all of them.

    Attributes:
        axes: the number of axes that windows slide along.
        transposed: whether the weight has the input channels first.
    """

    axes: int
    transposed = False
    weight: Parameter
    bias: Parameter | None

    def _configure(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size,
        padding: str | Size,
        dilation: Size,
        groups: int,
        padding_mode: str,
        output_padding: Size = 0,
    ) -> None:
        """Check the arguments and keep them, one number for each axis."""
        name = type(self).__name__
        known = ("zeros",) if self.transposed else ("zeros", "reflect", "replicate", "circular")
        if padding_mode not in known:
            raise ValueError(f"{name}: expected padding_mode as one of {', '.join(known)}, got {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = self._per_axis("kernel_size", kernel_size, least=1)
        self.stride = self._per_axis("stride", stride, least=1)
        self.dilation = self._per_axis("dilation", dilation, least=1)
        around = resolve_padding(name, padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else self._per_axis("padding", padding, least=0)
        self.output_padding = self._per_axis("output_padding", output_padding, least=0)
        self.groups = groups
        self.padding_mode = padding_mode
        self._around = tuple([places for axis in reversed(around) for places in axis])  # as `functional.pad` takes it

    def _per_axis(self, name: str, value: Size, *, least: int) -> tuple[int, ...]:
        return per_axis(type(self).__name__, name, value, self.axes, least=least, error=ValueError)

    def _check_channels(self) -> None:
        """Raise a ValueError unless there are channels and `groups` divides them."""
        name, c, o = type(self).__name__, self.in_channels, self.out_channels
        if c < 1 or o < 1:
            raise ValueError(f"{name}: expected at least 1 channel in and out, got {c} and {o}")
        if self.groups < 1 or c % self.groups or o % self.groups:
            raise ValueError(
                f"{name}: expected groups ≥ 1 that divide in_channels={c} and out_channels={o}, "
                f"got groups={self.groups}"
            )

    def _weight_shape(self) -> tuple[int, ...]:
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return (first, second // self.groups, *self.kernel_size)

    def _build(self, bias: bool, device: Any, dtype: npt.DTypeLike | None) -> None:
        """Make the parameters, with their initial values."""
        self._check_channels()
        self.weight = Parameter(empty(self._weight_shape(), dtype=dtype, device=device))
        made = Parameter(empty(self.out_channels, dtype=dtype, device=device)) if bias else None
        self.register_parameter("bias", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # is ±1/√fan_in
        if self.bias is not None:
            fan_in, _ = init.calculate_fan_in_and_fan_out(self.weight)
            init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def _padded(self, input: Tensor) -> tuple[Tensor, str | Size]:
        """Return the input with what is not zeros added around it, and the padding that is left to the operation."""
        if self.padding_mode == "zeros":
            return input, self.padding
        return functional.pad(input, self._around, self.padding_mode), 0

    def extra_repr(self) -> str:
        """Return the sizes, and the options that differ from their defaults."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        zeros, ones = (0,) * self.axes, (1,) * self.axes
        for name, default in (("padding", zeros), ("dilation", ones), ("output_padding", zeros), ("groups", 1)):
            value = getattr(self, name)
            if value != default:
                text += f", {name}={value}"
        if self.bias is None:
            text += ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"
