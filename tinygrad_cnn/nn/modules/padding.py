"""`ZeroPad2d`: a frame of zeros."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn._checks import MOST, per_axis
from tinygrad_cnn.nn import functional
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class ZeroPad2d(Module):
    """Add zeros around images.

    Args:
        padding: one number for all sides, or (left, right, top, bottom). Negative numbers cut places off.

    Shape:
        (N, C, H, W) → (N, C, top + H + bottom, left + W + right), or without N.

    Raises:
        ValueError: `padding` is neither one number nor four.
    """

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        if isinstance(padding, Sequence) and len(padding) != 4:
            raise ValueError(f"ZeroPad2d: expected padding as an int or (left, right, top, bottom), got {padding!r}")
        self.padding = per_axis("ZeroPad2d", "padding", padding, 4, least=-MOST)

    def forward(self, input: Tensor) -> Tensor:
        """Return the framed images."""
        return functional.pad(input, self.padding)

    def extra_repr(self) -> str:
        """Return the widths."""
        return f"{self.padding}"
