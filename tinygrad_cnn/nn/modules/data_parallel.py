"""`DataParallel`: passes through to its module, as there is one device."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn.nn.modules.module import Module


class DataParallel(Module):
    """Run `module` on the whole batch, on the CPU.

    The module is registered under the name ``module``, so that keys of a state_dict begin with "module." as in
    PyTorch.

    Args:
        module: the network.
        device_ids, output_device: numbers of GPUs; taken and not used.
        dim: the axis that PyTorch splits; not used.

    Raises:
        TypeError: `module` is no module.
    """

    module: Module

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        if not isinstance(module, Module):
            raise TypeError(f"DataParallel: expected a module, got {type(module).__name__}")
        self.module = module
        self.device_ids, self.output_device, self.dim = device_ids, output_device, dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """Return what the module returns."""
        return self.module(*inputs, **kwargs)
