"""`cuda` as PyTorch has it on a machine without a GPU.

A script that asks whether there is a GPU then uses the CPU. Functions that need a GPU raise a DeviceError; others do
nothing.
"""

from typing import NoReturn

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
    """Do nothing: no GPU has a generator to seed."""
    int(seed)


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Do nothing: no memory of a GPU is held."""


def memory_allocated(device: object = None) -> int:
    """Return 0 bytes."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def synchronize(device: object = None) -> NoReturn:
    """Raise a DeviceError: this needs a GPU."""
    raise missing("cuda.synchronize")


def current_device() -> NoReturn:
    """Raise a DeviceError: this needs a GPU."""
    raise missing("cuda.current_device")


def set_device(device: int | str | Device) -> NoReturn:
    """Raise a DeviceError: this needs a GPU."""
    raise missing("cuda.set_device")


def get_device_name(device: object = None) -> NoReturn:
    """Raise a DeviceError: this needs a GPU."""
    raise missing("cuda.get_device_name")


def get_device_properties(device: object = None) -> NoReturn:
    """Raise a DeviceError: this needs a GPU."""
    raise missing("cuda.get_device_properties")


__all__ = [
    "amp", "current_device", "device_count", "empty_cache", "get_device_name", "get_device_properties", "is_available",
    "is_bf16_supported", "is_initialized", "manual_seed", "manual_seed_all", "max_memory_allocated",
    "max_memory_reserved", "memory_allocated", "memory_reserved", "set_device", "synchronize",
]  # fmt: skip
