"""`Conv1d`, `Conv2d` and `ConvTranspose2d`: the convolution layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy.typing as npt
from typing_extensions import override

from tinygrad_cnn._checks import per_axis
from tinygrad_cnn._types import Shape
from tinygrad_cnn.creation import empty
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional._geometry import Size, reaches, resolve_padding
from tinygrad_cnn.nn.modules.linear import draw_affine
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

__all__ = ["Conv1d", "Conv2d", "ConvTranspose2d"]


class _ConvBase(Module):
    """Base of the convolution layers: their checks, parameters, initial values and repr.

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
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = self._per_axis("kernel_size", kernel_size, least=1)
        self.stride = self._per_axis("stride", stride, least=1)
        self.dilation = self._per_axis("dilation", dilation, least=1)
        around = resolve_padding(name, padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else self._per_axis("padding", padding, least=0)
        self.output_padding = self._per_axis("output_padding", output_padding, least=0)
        self.groups, self.padding_mode = groups, padding_mode
        self._around = tuple([width for axis in reversed(around) for width in axis])  # in the order of `functional.pad`

    def _per_axis(self, name: str, value: Size, *, least: int) -> Shape:
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

    def _weight_shape(self) -> Shape:
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return (first, second // self.groups, *self.kernel_size)

    def _build(self, bias: bool, device: DeviceLike, dtype: npt.DTypeLike | None) -> None:
        """Make the parameters, with their initial values."""
        self._check_channels()
        self.weight = Parameter(empty(self._weight_shape(), dtype=dtype, device=device))
        made = Parameter(empty(self.out_channels, dtype=dtype, device=device)) if bias else None
        self.register_parameter("bias", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        draw_affine(self.weight, self.bias)

    @override
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


class _Conv(_ConvBase):
    """Base of the layers that correlate their input with filters."""

    _function: ClassVar[Callable[..., Tensor]]

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
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self._configure(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode)
        self._build(bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """Return the feature maps."""
        x, padding = input, self.padding
        if self.padding_mode != "zeros":
            x, padding = functional.pad(input, self._around, self.padding_mode), (0,)
        return self._function(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Correlate sequences with learned filters; the equation and the output length are those of `functional.conv1d`.

    Weight and bias start uniformly distributed in ±1/√(C/groups·K).

    Args:
        in_channels: C.
        out_channels: O, the number of filters.
        kernel_size: K, the length of the filters.
        stride: steps between windows.
        padding: positions added on both sides; or "same" or "valid".
        dilation: distance between the elements of a window.
        groups: how many groups the channels are split into; each is convolved by itself.
        bias: whether to add b.
        padding_mode: what is added around the input: "zeros", its mirror image ("reflect"), its repeated ends
            ("replicate"), or its opposite end ("circular").
        device: the CPU.
        dtype: the dtype of the parameters; the default dtype by default.

    Shape:
        (N, C, L) → (N, O, OL), or without N; weight (O, C/groups, K), bias (O,).

    Raises:
        ValueError: an argument is out of range, or `groups` does not divide the channels.
    """

    axes = 1
    _function = staticmethod(functional.conv1d)


class Conv2d(_Conv):
    """Correlate images with learned filters; the equation and the output size are those of `functional.conv2d`.

    Weight and bias start uniformly distributed in ±1/√(C/groups·KH·KW).

    Args:
        in_channels: C.
        out_channels: O, the number of filters.
        kernel_size: height and width of the filters, one number or (KH, KW).
        stride: steps between windows, one number or (SH, SW).
        padding: positions added on both sides, one number or (PH, PW); or "same" or "valid".
        dilation: distance between the elements of a window, one number or (DH, DW).
        groups: how many groups the channels are split into; each is convolved by itself.
        bias: whether to add b.
        padding_mode: what is added around the input: "zeros", its mirror image ("reflect"), its repeated border
            ("replicate"), or its opposite end ("circular").
        device: the CPU.
        dtype: the dtype of the parameters; the default dtype by default.

    Shape:
        (N, C, H, W) → (N, O, OH, OW), or without N; weight (O, C/groups, KH, KW), bias (O,).

    Raises:
        ValueError: an argument is out of range, or `groups` does not divide the channels.
    """

    axes = 2
    _function = staticmethod(functional.conv2d)


class ConvTranspose2d(_ConvBase):
    """Spread each element over a learned window; the equation and the size are those of `functional.conv_transpose2d`.

    Weight and bias start uniformly distributed in ±1/√(O/groups·KH·KW).

    Args:
        in_channels: C.
        out_channels: O.
        kernel_size: height and width of the windows, one number or (KH, KW).
        stride: steps between windows of the output, one number or (SH, SW).
        padding: positions cut off on both sides of the output, one number or (PH, PW).
        output_padding: positions added to the output at the bottom and the right.
        groups: how many groups the channels are split into.
        bias: whether to add b.
        dilation: distance between the elements of a window, one number or (DH, DW).
        padding_mode: must be "zeros".
        device: the CPU.
        dtype: the dtype of the parameters; the default dtype by default.

    Shape:
        (N, C, H, W) → (N, O, OH, OW), or without N; weight (C, O/groups, KH, KW), bias (O,).

    Raises:
        ValueError: an argument is out of range, or `groups` does not divide the channels.
    """

    axes = 2
    transposed = True
    padding: Shape

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if isinstance(padding, str):
            raise TypeError(f"ConvTranspose2d: expected padding as an int or a pair of ints, got {padding!r}")
        self._configure(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode, output_padding
        )
        self._build(bias, device, dtype)

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the larger feature maps.

        Args:
            input: (N, C, H, W) or (C, H, W).
            output_size: OH and OW, or the whole shape of the output, instead of `output_padding`: a size that a
                convolution with these settings turns into H and W.

        Raises:
            ValueError: `output_size` is no size that a convolution turns into H and W.
        """
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        return functional.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _extra(self, input: Tensor, output_size: Sequence[int]) -> Shape:
        """Return the output_padding that leads to `output_size`."""
        wanted = tuple(output_size)
        if len(wanted) == input.ndim:
            wanted = wanted[-self.axes :]
        axes = zip(input.shape[-2:], self.stride, self.padding, reaches(self.kernel_size, self.dilation), strict=True)
        least = tuple([(size - 1) * step - 2 * cut + reach for size, step, cut, reach in axes])
        most = tuple([size + step - 1 for size, step in zip(least, self.stride, strict=True)])
        fits = len(wanted) == self.axes and all(
            low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)
        )
        if not fits:
            raise ValueError(
                f"ConvTranspose2d: expected output_size from {least} to {most} for input {input.shape}, got "
                f"{tuple(output_size)}"
            )
        return tuple([size - low for size, low in zip(wanted, least, strict=True)])
