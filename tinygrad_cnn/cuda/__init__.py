"""`cuda` as PyTorch has it on a machine without a GPU.

Scripts that ask first choose the CPU; what needs a GPU raises a DeviceError, and what does not need one does nothing.
"""

from typing import Any

from tinygrad_cnn.cuda import amp
from tinygrad_cnn.device import Device, missing


def is_available() -> bool:
    """Return False: everything here computes on the CPU."""
    return False


def is_initialized() -> bool:
    """Return False."""
    return False


def is_bf16_supported() -> bool:
    """Return False."""
    return False


def device_count() -> int:
    """Return 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Do nothing: there is no generator of a GPU to seed."""
    int(seed)


def manual_seed_all(seed: int) -> None:
    """Do nothing: there are no generators of GPUs to seed."""
    int(seed)


def empty_cache() -> None:
    """Do nothing: no memory of a GPU is held."""


def memory_allocated(device: Any = None) -> int:
    """Return 0 bytes."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """Return 0 bytes."""
    return 0


def memory_reserved(device: Any = None) -> int:
    """Return 0 bytes."""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """Return 0 bytes."""
    return 0


def synchronize(device: Any = None) -> None:
    """Raise a DeviceError, as everything does that needs a GPU."""
    raise missing("cuda.synchronize")


def current_device() -> int:
    """Raise a DeviceError, as everything does that needs a GPU."""
    raise missing("cuda.current_device")


def set_device(device: int | str | Device) -> None:
    """Raise a DeviceError, as everything does that needs a GPU."""
    raise missing("cuda.set_device")


def get_device_name(device: Any = None) -> str:
    """Raise a DeviceError, as everything does that needs a GPU."""
    raise missing("cuda.get_device_name")


def get_device_properties(device: Any = None) -> Any:
    """Raise a DeviceError, as everything does that needs a GPU."""
    raise missing("cuda.get_device_properties")


__all__ = [
    "amp",
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "get_device_properties",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "set_device",
    "synchronize",
]
