"""`InstanceNorm1d` and `InstanceNorm2d`: normalisation of each channel of each example."""

from __future__ import annotations

import warnings

import numpy.typing as npt

from tinygrad_cnn import ops
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional._geometry import AXES
from tinygrad_cnn.nn.functional._operands import check_tensors
from tinygrad_cnn.nn.modules.batch_norm import ChannelNorm
from tinygrad_cnn.tensor import Tensor

__all__ = ["InstanceNorm1d", "InstanceNorm2d"]


class _InstanceNorm(ChannelNorm):
    """Base of the instance normalisations.

    Attributes:
        axes: the number of axes that are averaged over.
    """

    axes: int

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input; in training mode also update the running statistics, if there are any."""
        name, axes = type(self).__name__, AXES[self.axes]
        check_tensors(name, input=input)
        if input.ndim not in (self.axes + 1, self.axes + 2):
            raise ValueError(f"{name}: expected input (N, C, {axes}) or (C, {axes}), got {input.shape}")
        channels = input.shape[-self.axes - 1]
        if channels != self.num_features:
            text = f"{name}: expected num_features={self.num_features} channels, got {channels} of {input.shape}"
            if self.affine:
                raise ValueError(text)
            if not self.track_running_stats:
                warnings.warn(f"{text}; without affine=True the number is not used", UserWarning, stacklevel=3)
        batched = input.ndim == self.axes + 2
        y = functional.instance_norm(
            input if batched else ops.unsqueeze(input, 0),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return y if batched else ops.squeeze(y, 0)


class InstanceNorm1d(_InstanceNorm):
    """Compute y = w · (x − mean) / √(var + eps) + b for each channel of each sequence; see `functional.instance_norm`.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: the share of an input in the running statistics.
        affine: whether to have w and b, which start as 1 and 0.
        track_running_stats: whether to keep running statistics, and use them in evaluation mode.
        device: the CPU.
        dtype: of parameters and statistics; the default dtype by default.
        bias: whether to have b, where there is w.

    Shape:
        (N, C, L) → (N, C, L), or without N; parameters and statistics (C,).

    Raises:
        ValueError: no feature; on calling, another number of axes or, with `affine`, of channels; or only one
            value per channel.

    Ref: Ulyanov, Vedaldi, Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.
    """

    axes = 1


class InstanceNorm2d(_InstanceNorm):
    """Compute y = w · (x − mean) / √(var + eps) + b for each channel of each image; arguments as for `InstanceNorm1d`.

    Shape:
        (N, C, H, W) → (N, C, H, W), or without N; parameters and statistics (C,).
    """

    axes = 2
