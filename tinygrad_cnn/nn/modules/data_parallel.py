"""`DataParallel` and `data_parallel`: they run a module on the whole batch, because there is only one device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn.modules.module import Module

__all__ = ["DataParallel"]

Devices: TypeAlias = Sequence[DeviceLike] | None


class DataParallel(Module):
    """Run `module` on the whole batch, on the CPU.

    The module is registered under the name ``module``, so that the keys of a state_dict begin with "module.", as in
    PyTorch.

    Args:
        module: the network.
        device_ids: numbers of GPUs; not used.
        output_device: not used.
        dim: the axis that PyTorch splits; not used.

    Raises:
        TypeError: `module` is not a module.
    """

    module: Module

    def __init__(
        self, module: Module, device_ids: Devices = None, output_device: DeviceLike = None, dim: int = 0
    ) -> None:
        super().__init__()
        if not isinstance(module, Module):
            raise TypeError(f"DataParallel: expected a module, got {type(module).__name__}")
        self.module = module
        self.device_ids, self.output_device, self.dim = device_ids, output_device, dim

    def forward(self, *inputs: object, **kwargs: object) -> Any:
        """Return what the module returns."""
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module,
    inputs: object,
    device_ids: Devices = None,  # noqa: ARG001
    output_device: DeviceLike = None,  # noqa: ARG001
    dim: int = 0,  # noqa: ARG001
    module_kwargs: Mapping[str, object] | None = None,
) -> Any:
    """Return the result of `module` for `inputs`, a tensor or a tuple of arguments, on the CPU.

    Args:
        module: the network.
        inputs: its argument, or a tuple of them.
        device_ids: numbers of GPUs; not used.
        output_device: not used.
        dim: the axis that PyTorch splits; not used.
        module_kwargs: its arguments by name.
    """
    return module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **(module_kwargs or {}))
