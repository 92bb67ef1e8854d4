"""`Device`, so that scripts which name one run: everything here computes on the CPU."""

from __future__ import annotations


class Device:
    """The CPU. ``device("cpu")`` is accepted wherever PyTorch takes a device.

    Raises:
        RuntimeError: another device is named.
    """

    __slots__ = ("type",)

    def __init__(self, name: str | Device = "cpu") -> None:
        text = str(name)
        if text.split(":")[0] != "cpu":
            raise RuntimeError(f"device: tinygrad_cnn computes on the CPU, expected 'cpu', got {text!r}")
        self.type: str = "cpu"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device)

    def __hash__(self) -> int:
        return hash(self.type)

    def __repr__(self) -> str:
        return "device(type='cpu')"

    def __str__(self) -> str:
        return self.type
