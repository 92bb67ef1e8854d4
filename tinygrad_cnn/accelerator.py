"""PyTorch's questions about devices besides the CPU: there is none."""

from __future__ import annotations


def is_available() -> bool:
    """Return whether there is a device besides the CPU: never."""
    return False


def device_count() -> int:
    """Return the number of devices besides the CPU: 0."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """Return None: there is no device besides the CPU."""


__all__ = ["current_accelerator", "device_count", "is_available"]
