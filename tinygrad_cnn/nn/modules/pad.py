"""`ZeroPad2d`, `ConstantPad2d`, `ReflectionPad2d`, `ReplicationPad2d`: padding around images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from tinygrad_cnn._checks import MOST, per_axis
from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor

__all__ = ["ConstantPad2d", "ReflectionPad2d", "ReplicationPad2d", "ZeroPad2d"]


class _Pad2d(Module):
    """Base of the padding layers: their four widths.

    Attributes:
        _mode: what is added, as for `functional.pad`.
    """

    _mode = "constant"
    _sizes: ClassVar[tuple[str, ...]] = ("padding",)

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        name = type(self).__name__
        if isinstance(padding, Sequence) and len(padding) != 4:
            raise ValueError(f"{name}: expected padding as an int or (left, right, top, bottom), got {padding!r}")
        self.padding = per_axis(name, "padding", padding, 4, least=-MOST)

    def forward(self, input: Tensor) -> Tensor:
        """Return the framed images."""
        return functional.pad(input, self.padding, self._mode)


class ZeroPad2d(_Pad2d):
    """Add zeros around images.

    Args:
        padding: one number for all sides, or (left, right, top, bottom). A negative number cuts positions off.

    Shape:
        (N, C, H, W) → (N, C, top + H + bottom, left + W + right), or without N.

    Raises:
        ValueError: `padding` is neither one number nor four.
    """


class ConstantPad2d(_Pad2d):
    """Add `value` around images, as `ZeroPad2d` adds zeros.

    Args:
        padding: one number for all sides, or (left, right, top, bottom).
        value: the value to add.
    """

    _sizes = ()
    _settings = ("padding", "value")

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Return the framed images."""
        return functional.pad(input, self.padding, value=self.value)


class ReflectionPad2d(_Pad2d):
    """Add the mirror image around images, without repeating their border; arguments as for `ZeroPad2d`."""

    _mode = "reflect"


class ReplicationPad2d(_Pad2d):
    """Repeat the border of images around them; arguments as for `ZeroPad2d`."""

    _mode = "replicate"
