"""`Device`: the name of a device; only the CPU computes."""

from __future__ import annotations

from typing import TypeAlias

_KNOWN = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy",
    "vulkan", "mps", "meta", "hpu", "mtia",
)  # fmt: skip
"""The device types that PyTorch knows."""


class DeviceError(RuntimeError, AssertionError):
    """A call needs a device that this machine or this package does not have.

    PyTorch raises an AssertionError for CUDA and a RuntimeError for other devices; this class is both.
    """


class Device:
    """The name of a device: ``device("cuda:0")`` can be made and compared; only ``device("cpu")`` holds tensors.

    Args:
        type: "cpu", "cuda", "mps" and the like, an index after a colon if any; or a device.
        index: the number of the device among those of its type.

    Raises:
        RuntimeError: PyTorch does not know the type, or the index is given twice or is not a number.
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | int | Device = "cpu", index: int | None = None) -> None:
        if isinstance(type, Device):
            self.type, self.index = type.type, type.index
            return
        if isinstance(type, int):
            raise DeviceError(f"device: {type} is the number of a GPU, and there is none: expected 'cpu'")
        name, colon, number = type.partition(":")
        if name not in _KNOWN:
            raise RuntimeError(f"device: expected one of {', '.join(_KNOWN)}, got {type!r}")
        if colon and (index is not None or not number.isdecimal()):
            raise RuntimeError(f"device: expected a type and one index, as in 'cuda:0', got {type!r} and {index}")
        self.type = name
        self.index = int(number) if colon else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __repr__(self) -> str:
        return (
            f"device(type={self.type!r})" if self.index is None else f"device(type={self.type!r}, index={self.index})"
        )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"


CPU = Device("cpu")

DeviceLike: TypeAlias = str | int | Device | None
"""The name of a device in any form; None stands for the CPU."""


def require_cpu(place: str, device: DeviceLike) -> None:
    """Check that `device` is the CPU, or None.

    Raises:
        DeviceError: `device` is another device; the message names `place`, the function that was called.
    """
    if device is not None and Device(device).type != "cpu":
        raise DeviceError(
            f"{place}: tinygrad_cnn computes on the CPU, expected device 'cpu', got {str(device)!r}; "
            "write device = 'cuda' if torch.cuda.is_available() else 'cpu'"
        )


def missing(place: str) -> DeviceError:
    """Return the error to raise in the function `place`, which needs a GPU."""
    return DeviceError(
        f"{place}: tinygrad_cnn computes on the CPU, there is no GPU; ask cuda.is_available() before calling it"
    )
