"""`ConvTranspose2d`: the layer that makes larger what a convolution makes smaller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional._geometry import Size, reaches
from tinygrad_cnn.nn.modules.convolution import Convolution
from tinygrad_cnn.tensor import Tensor


class ConvTranspose2d(Convolution):
    """Spread each element over a learned window; the equation and the size are those of `functional.conv_transpose2d`.

    Weight and bias start uniformly distributed in ±1/√(O/groups·KH·KW).

    Args:
        in_channels: C.
        out_channels: O.
        kernel_size: height and width of the windows, one number or (KH, KW).
        stride: steps between windows of the output, one number or (SH, SW).
        padding: places cut off on both sides of the output, one number or (PH, PW).
        output_padding: places added to the output at the bottom and the right.
        groups: parts that the channels are split into, each by itself.
        bias: whether to add b.
        dilation: distance between the taps of a window, one number or (DH, DW).
        padding_mode: must be "zeros".
        device: the CPU.
        dtype: of the parameters; the default dtype by default.

    Shape:
        (N, C, H, W) → (N, O, OH, OW), or without N; weight (C, O/groups, KH, KW), bias (O,).

    Raises:
        ValueError: an argument is out of range, or `groups` does not divide the channels.
    """

    axes = 2
    transposed = True
    padding: tuple[int, ...]

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
        device: Any = None,
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
            output_size: OH and OW, or the whole shape of the output, to choose among the sizes that a convolution
                would bring back to H and W; instead of `output_padding`.

        Raises:
            ValueError: `output_size` is no such size.
        """
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        return functional.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _extra(self, input: Tensor, output_size: Sequence[int]) -> tuple[int, ...]:
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
