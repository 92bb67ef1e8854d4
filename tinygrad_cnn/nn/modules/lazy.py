"""`LazyLinear` and `LazyConv2d`: layers that learn the size of their input from the first one they see."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy.typing as npt

from tinygrad_cnn.nn.functional._geometry import Size
from tinygrad_cnn.nn.modules.conv import Conv2d
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.uninitialized import UninitializedParameter
from tinygrad_cnn.tensor import Tensor


class _Lazy(Module):
    """What lazy layers share: parameters without a shape, and the change of class that gives them one."""

    becomes: ClassVar[type[Module]]

    def _reserve(self, bias: bool, device: Any, dtype: npt.DTypeLike | None) -> None:
        """Register the parameters that are to come."""
        self.register_parameter("weight", UninitializedParameter(device=device, dtype=dtype))
        self.register_parameter("bias", UninitializedParameter(device=device, dtype=dtype) if bias else None)

    def has_uninitialized_params(self) -> bool:
        """Return whether the size of the input is still unknown."""
        return any(isinstance(p, UninitializedParameter) for p in self._parameters.values())

    def initialize_parameters(self, input: Tensor) -> None:
        """Give the parameters the shapes that `input` asks for, and their initial values."""
        raise NotImplementedError

    def reset_parameters(self) -> None:
        """Draw the parameters anew; nothing as long as they have no shape."""
        if not self.has_uninitialized_params():
            super().reset_parameters()  # type: ignore[misc]  # that of the layer it becomes

    def forward(self, input: Tensor) -> Any:
        """Become the layer that fits `input`, and return its output."""
        if not isinstance(input, Tensor):
            raise TypeError(f"{type(self).__name__}: expected input as a tensor, got {type(input).__name__}")
        self.initialize_parameters(input)
        self.__class__ = self.becomes  # type: ignore[assignment]
        return self.forward(input)

    def _check_loaded(self, shapes: dict[str, tuple[int, ...]]) -> None:
        """Raise a RuntimeError unless the parameters that a state_dict brought have the shapes that are needed."""
        for name, shape in shapes.items():
            found = self._parameters[name]
            if found is not None and not isinstance(found, UninitializedParameter) and found.shape != shape:
                raise RuntimeError(f"{type(self).__name__}: expected loaded {name} {shape}, got {found.shape}")

    def _materialize(self, shapes: dict[str, tuple[int, ...]]) -> None:
        """Give the parameters their shapes and initial values; loaded ones stay as they are."""
        fresh = self.has_uninitialized_params()
        for name, shape in shapes.items():
            parameter = self._parameters[name]
            if isinstance(parameter, UninitializedParameter):
                parameter.materialize(shape)
        if fresh:
            self.reset_parameters()


class LazyLinear(_Lazy, Linear):
    """A `Linear` layer whose `in_features` is the length of the last axis of the first input.

    The first call turns it into a `Linear`. Until then its parameters have a dtype but no shape, and everything that
    needs values is refused; a state_dict that is loaded gives them both.

    Args:
        out_features: length of the last axis of the output.
        bias: whether to add b.
        device: the CPU.
        dtype: of the parameters; the default dtype by default.

    Example:
        net = nn.Sequential(nn.Flatten(), nn.LazyLinear(10))
        net(zeros(1, 3, 8, 8))  # now net[1] is Linear(in_features=192, out_features=10, bias=True)
    """

    becomes = Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: npt.DTypeLike | None = None
    ) -> None:
        Module.__init__(self)
        if out_features < 1:
            raise ValueError(f"LazyLinear: expected at least 1 feature out, got {out_features}")
        self.in_features = 0
        self.out_features = out_features
        self._reserve(bias, device, dtype)

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

    The first call turns it into a `Conv2d`. Until then its parameters are as those of `LazyLinear`. Arguments as for
    `Conv2d`, without `in_channels`.
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
        device: Any = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        Module.__init__(self)
        if out_channels < 1 or groups < 1 or out_channels % groups:
            raise ValueError(
                f"LazyConv2d: expected groups ≥ 1 that divide out_channels={out_channels} ≥ 1, got groups={groups}"
            )
        self._configure(0, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode)
        self._reserve(bias, device, dtype)

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
            self.in_channels = 0  # as before: another input may fit
            raise
        self._materialize(shapes)
