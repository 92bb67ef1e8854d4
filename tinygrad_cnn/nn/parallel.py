"""`DataParallel` under PyTorch's import path, and `data_parallel`, the function: both compute on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygrad_cnn.nn.modules.data_parallel import DataParallel
from tinygrad_cnn.nn.modules.module import Module


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Any = None,  # noqa: ARG001
    output_device: Any = None,  # noqa: ARG001
    dim: int = 0,  # noqa: ARG001
    module_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Return what `module` makes of `inputs`, a tensor or a tuple of arguments, on the CPU.

    Args:
        module: the network.
        inputs: its argument, or a tuple of them.
        device_ids: numbers of GPUs; not used.
        output_device: not used.
        dim: the axis that PyTorch splits; not used.
        module_kwargs: its arguments by name.
    """
    return module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **(module_kwargs or {}))


__all__ = ["DataParallel", "data_parallel"]
