"""Normalisation of each channel, over the batch or within one example, with running statistics for evaluation mode."""

from __future__ import annotations

import warnings

import numpy.typing as npt
from typing_extensions import override

from tinygrad_cnn import ops
from tinygrad_cnn._dtypes import int64
from tinygrad_cnn.autograd.versions import record_write
from tinygrad_cnn.creation import ones, zeros
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.functional._geometry import AXES
from tinygrad_cnn.nn.functional._operands import check_tensors
from tinygrad_cnn.nn.modules.norm import AffineNorm
from tinygrad_cnn.tensor import Tensor

__all__ = ["BatchNorm1d", "BatchNorm2d", "InstanceNorm1d", "InstanceNorm2d"]


class ChannelNorm(AffineNorm):
    """Base of the normalisations by channel with running statistics: their parameters, buffers and repr."""

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    _sizes = ("num_features",)
    _settings = ("eps", "momentum", "affine", "bias", "track_running_stats")

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_features < 1:
            raise ValueError(f"{type(self).__name__}: expected at least 1 feature, got num_features={num_features}")
        self._configure(num_features, eps, momentum, affine, track_running_stats)
        self._make_affine(num_features, affine, bias, device, dtype)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype, device=device) if tracked else None)
        self.register_buffer("running_var", ones(num_features, dtype=dtype, device=device) if tracked else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype=int64, device=device) if tracked else None)
        self.reset_parameters()

    def _configure(
        self, num_features: int, eps: float, momentum: float | None, affine: bool, track_running_stats: bool
    ) -> None:
        """Keep the arguments."""
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats

    def reset_running_stats(self) -> None:
        """Set the running mean to 0, the running variance to 1, and the count of batches to 0."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer.fill_(value)

    @override
    def reset_parameters(self) -> None:
        """Set weight to 1, bias to 0, and the running statistics to their initial values."""
        self.reset_running_stats()
        super().reset_parameters()


class _BatchNorm(ChannelNorm):
    """Base of the batch normalisations, which differ only in the shapes they take."""

    def _check_input(self, input: Tensor) -> None:
        """Raise a ValueError unless the number of axes of `input` fits."""
        raise NotImplementedError

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input; in training mode also update the running statistics."""
        self._check_input(input)
        count = self.num_batches_tracked if self.training and self.track_running_stats else None
        momentum = self.momentum
        if momentum is None:  # the mean over all batches: batch n has the weight 1/n
            momentum = 0.0 if count is None else 1 / (count.item() + 1)
        use_batch = self.training or self.running_mean is None
        tracked = not self.training or self.track_running_stats
        running = (self.running_mean, self.running_var) if tracked else (None, None)
        y = functional.batch_norm(input, *running, self.weight, self.bias, use_batch, momentum, self.eps)
        if count is not None:
            count.array += 1
            record_write(count.array)
        return y


class BatchNorm1d(_BatchNorm):
    """Compute y = w · (x − mean) / √(var + eps) + b for each feature; see `functional.batch_norm`.

    In training mode, mean and (biased) variance are those of the batch, and the running statistics move toward them,
    with the unbiased variance. In evaluation mode, the running statistics are used.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: the share of a batch in the running statistics; None for their mean over all batches so far.
        affine: whether to have w and b, which start as 1 and 0.
        track_running_stats: whether to keep running statistics; otherwise those of the batch are always used.
        device: the CPU.
        dtype: the dtype of parameters and statistics; the default dtype by default.
        bias: whether to have b, if there is w.

    Shape:
        (N, C) → (N, C) or (N, C, L) → (N, C, L); parameters and statistics (C,).

    Raises:
        ValueError: `num_features` is below 1; when called: another number of axes or, in training mode, only one value
            for each feature.

    Ref: Ioffe, Szegedy, "Batch Normalization", 2015.
    """

    def _check_input(self, input: Tensor) -> None:
        if not isinstance(input, Tensor) or input.ndim not in (2, 3):
            check_tensors("BatchNorm1d", input=input)
            fix = "; BatchNorm2d takes images" if input.ndim == 4 else ""
            raise ValueError(f"BatchNorm1d: expected input (N, C) or (N, C, L), got {input.shape}{fix}")


class BatchNorm2d(_BatchNorm):
    """Compute y = w · (x − mean) / √(var + eps) + b for each channel; arguments as for `BatchNorm1d`.

    Shape:
        (N, C, H, W) → (N, C, H, W); parameters and statistics (C,).
    """

    def _check_input(self, input: Tensor) -> None:
        if not isinstance(input, Tensor) or input.ndim != 4:
            check_tensors("BatchNorm2d", input=input)
            fix = "; BatchNorm1d takes rows and sequences" if input.ndim in (2, 3) else ""
            raise ValueError(f"BatchNorm2d: expected input (N, C, H, W), got {input.shape}{fix}")


class _InstanceNorm(ChannelNorm):
    """Base of the instance normalisations.

    Attributes:
        axes: the number of axes over which values are averaged.
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
        x = input if batched else ops.unsqueeze(input, 0)
        running = (self.running_mean, self.running_var)
        use_input = self.training or not self.track_running_stats
        momentum = 0.0 if self.momentum is None else self.momentum
        y = functional.instance_norm(x, *running, self.weight, self.bias, use_input, momentum, self.eps)
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
        dtype: the dtype of parameters and statistics; the default dtype by default.
        bias: whether to have b, if there is w.

    Shape:
        (N, C, L) → (N, C, L), or without N; parameters and statistics (C,).

    Raises:
        ValueError: `num_features` is below 1; when called: another number of axes or, with `affine`, of channels; or
            only one value for each channel.

    Ref: Ulyanov, Vedaldi, Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.
    """

    axes = 1


class InstanceNorm2d(_InstanceNorm):
    """Compute y = w · (x − mean) / √(var + eps) + b for each channel of each image; arguments as for `InstanceNorm1d`.

    Shape:
        (N, C, H, W) → (N, C, H, W), or without N; parameters and statistics (C,).
    """

    axes = 2
