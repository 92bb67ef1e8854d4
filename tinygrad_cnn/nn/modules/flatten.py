"""`Flatten`: from feature maps to rows."""

from __future__ import annotations

from tinygrad_cnn import ops
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor


class Flatten(Module):
    """Join the axes from `start_dim` to `end_dim` (inclusive) into one: (N, C, H, W) → (N, C·H·W) by default."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the same elements with fewer axes."""
        return ops.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
