"""`Flatten` and `Unflatten`: from feature maps to rows, and back."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn import ops
from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn.nn.functional._operands import check_tensors
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Join the axes from `start_dim` to `end_dim` (inclusive) into one: (N, C, H, W) → (N, C·H·W) by default."""

    _settings = ("start_dim", "end_dim")

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the same elements with fewer axes."""
        if not isinstance(input, Tensor):
            check_tensors("Flatten", input=input)
        return ops.flatten(input, self.start_dim, self.end_dim)


class Unflatten(Module):
    """Split the axis `dim` into axes of the sizes `unflattened_size`; one size may be −1, which is inferred.

    Example:
        nn.Unflatten(1, (16, 5, 5))  # (N, 400) → (N, 16, 5, 5)

    Raises:
        TypeError: `unflattened_size` is not a sequence of ints.
    """

    _settings = ("dim", "unflattened_size")

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        if not isinstance(unflattened_size, Sequence) or isinstance(unflattened_size, str):
            raise TypeError(f"Unflatten: expected unflattened_size as a sequence of ints, got {unflattened_size!r}")
        self.dim = dim
        self.unflattened_size = normalize_shape("Unflatten", (unflattened_size,))

    def forward(self, input: Tensor) -> Tensor:
        """Return the same elements with more axes."""
        check_tensors("Unflatten", input=input)
        return ops.unflatten(input, self.dim, self.unflattened_size)
