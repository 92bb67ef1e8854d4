"""PyTorch's functions about accelerators, the devices other than the CPU: there are none."""

from __future__ import annotations


def is_available() -> bool:
    """Return False: there is no device other than the CPU."""
    return False


def device_count() -> int:
    """Return 0, the number of devices other than the CPU."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """Return None: there is no device other than the CPU."""


__all__ = ["current_accelerator", "device_count", "is_available"]
