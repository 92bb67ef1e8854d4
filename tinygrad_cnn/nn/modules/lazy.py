"""`LazyLinear`, `LazyConv2d`, `LazyBatchNorm2d`: layers that take their input size from the first input."""

from __future__ import annotations

from typing import ClassVar, cast

import numpy.typing as npt
from typing_extensions import override

from tinygrad_cnn._dtypes import int64
from tinygrad_cnn._types import Shape
from tinygrad_cnn.creation import zeros
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn.functional._geometry import Size
from tinygrad_cnn.nn.modules.batch_norm import BatchNorm2d
from tinygrad_cnn.nn.modules.conv import Conv2d
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.uninitialized import Uninitialized, UninitializedBuffer, UninitializedParameter
from tinygrad_cnn.tensor import Tensor

__all__ = ["LazyBatchNorm2d", "LazyConv2d", "LazyLinear"]


class _Lazy(Module):
    """Base of the lazy layers: parameters without a shape, and the change of class once they have one."""

    becomes: ClassVar[type[Module]]

    def _reserve(self, weight: bool, bias: bool, device: DeviceLike, dtype: npt.DTypeLike | None) -> None:
        """Register the requested parameters, without a shape."""
        for name, wanted in (("weight", weight), ("bias", bias)):
            self.register_parameter(name, UninitializedParameter(device=device, dtype=dtype) if wanted else None)

    def has_uninitialized_params(self) -> bool:
        """Return whether the size of the input is still unknown."""
        return any(isinstance(one, Uninitialized) for one in self._tensors().values())

    def _tensors(self) -> dict[str, Tensor | None]:
        """Return the parameters and buffers by name."""
        return {**self._parameters, **self._buffers}

    def initialize_parameters(self, input: Tensor) -> None:
        """Give the parameters the shapes that fit `input`, and their initial values."""
        raise NotImplementedError

    def reset_parameters(self) -> None:
        """Draw new initial values; do nothing as long as the parameters have no shape."""
        if not self.has_uninitialized_params():
            cast(Linear, super()).reset_parameters()  # of Linear, Conv2d or BatchNorm2d: the layer this one becomes

    def forward(self, input: Tensor) -> Tensor:
        """Become the layer that fits `input`, and return its output."""
        if not isinstance(input, Tensor):
            raise TypeError(f"{type(self).__name__}: expected input as a tensor, got {type(input).__name__}")
        self.initialize_parameters(input)
        object.__setattr__(self, "__class__", self.becomes)
        return self.forward(input)

    def _check_loaded(self, shapes: dict[str, Shape]) -> None:
        """Raise a RuntimeError unless the parameters loaded from a state_dict have these shapes."""
        for name, shape in shapes.items():
            found = self._tensors()[name]
            if found is not None and not isinstance(found, Uninitialized) and found.shape != shape:
                raise RuntimeError(f"{type(self).__name__}: expected loaded {name} {shape}, got {found.shape}")

    def _materialize(self, shapes: dict[str, Shape]) -> None:
        """Give the parameters their shapes and initial values; loaded parameters keep their values."""
        fresh = self.has_uninitialized_params()
        for name, shape in shapes.items():
            found = self._tensors()[name]
            if isinstance(found, Uninitialized):
                found.materialize(shape)
        if fresh:
            self.reset_parameters()


class LazyLinear(_Lazy, Linear):
    """A `Linear` layer whose `in_features` is the length of the last axis of the first input.

    The first call turns it into a `Linear`. Until then its parameters have a dtype but no shape, and every use of
    their values raises an error; loading a state_dict gives them shapes and values.

    Args:
        out_features: length of the last axis of the output.
        bias: whether to add b.
        device: the CPU.
        dtype: the dtype of the parameters; the default dtype by default.

    Example:
        net = nn.Sequential(nn.Flatten(), nn.LazyLinear(10))
        net(zeros(1, 3, 8, 8))  # now net[1] is Linear(in_features=192, out_features=10, bias=True)
    """

    becomes = Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: DeviceLike = None, dtype: npt.DTypeLike | None = None
    ) -> None:
        Module.__init__(self)
        if out_features < 1:
            raise ValueError(f"LazyLinear: expected at least 1 feature out, got {out_features}")
        self.in_features = 0
        self.out_features = out_features
        self._reserve(True, bias, device, dtype)

    @override
    def initialize_parameters(self, input: Tensor) -> None:
        """Take `in_features` from the last axis of `input`."""
        if not input.ndim or not input.shape[-1]:
            raise RuntimeError(f"LazyLinear: expected input (..., in_features), got {input.shape}")
        shapes = {"weight": (self.out_features, input.shape[-1]), "bias": (self.out_features,)}
        self._check_loaded(shapes)
        self.in_features = input.shape[-1]
        self._materialize(shapes)


class LazyConv2d(_Lazy, Conv2d):
    """A `Conv2d` layer whose `in_channels` is the number of channels of the first input.

    The first call turns it into a `Conv2d`. Until then its parameters are like those of `LazyLinear`. Arguments as
    for `Conv2d`, without `in_channels`.
    """

    becomes = Conv2d

    def __init__(
        self,
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
        Module.__init__(self)
        if out_channels < 1 or groups < 1 or out_channels % groups:
            raise ValueError(
                f"LazyConv2d: expected groups ≥ 1 that divide out_channels={out_channels} ≥ 1, got groups={groups}"
            )
        self._configure(0, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode)
        self._reserve(True, bias, device, dtype)

    @override
    def initialize_parameters(self, input: Tensor) -> None:
        """Take `in_channels` from `input`."""
        if input.ndim not in (3, 4):
            raise RuntimeError(f"LazyConv2d: expected input (N, C, H, W) or (C, H, W), got {input.shape}")
        self.in_channels = input.shape[-3]
        try:
            self._check_channels()
            shapes = {"weight": self._weight_shape(), "bias": (self.out_channels,)}
            self._check_loaded(shapes)
        except (RuntimeError, ValueError):
            self.in_channels = 0  # still unknown: another input may fit
            raise
        self._materialize(shapes)


class LazyBatchNorm2d(_Lazy, BatchNorm2d):
    """A `BatchNorm2d` layer whose `num_features` is the number of channels of the first input.

    The first call turns it into a `BatchNorm2d`. Until then its parameters and running statistics are like the
    parameters of `LazyLinear`. Arguments as for `BatchNorm2d`, without `num_features`.
    """

    becomes = BatchNorm2d

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: DeviceLike = None,
        dtype: npt.DTypeLike | None = None,
        *,
        bias: bool = True,
    ) -> None:
        Module.__init__(self)
        self._configure(0, eps, momentum, affine, track_running_stats)
        self._reserve(affine, affine and bias, device, dtype)
        for name in ("running_mean", "running_var"):
            made = UninitializedBuffer(device=device, dtype=dtype) if track_running_stats else None
            self.register_buffer(name, made)
        self.register_buffer("num_batches_tracked", zeros((), dtype=int64) if track_running_stats else None)

    @override
    def reset_running_stats(self) -> None:
        """Set the running statistics to their initial values; do nothing as long as they have no shape."""
        if not self.has_uninitialized_params():
            super().reset_running_stats()

    @override
    def initialize_parameters(self, input: Tensor) -> None:
        """Take `num_features` from the channels of `input`."""
        self._check_input(input)
        channels: Shape = (input.shape[1],)
        shapes = dict.fromkeys(("weight", "bias", "running_mean", "running_var"), channels)
        self._check_loaded(shapes)
        self.num_features = input.shape[1]
        self._materialize(shapes)
