"""The gradient of a ReLU, left for the operation before it to mask as it reads it."""

from __future__ import annotations

from tinygrad_cnn import ops
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Op
from tinygrad_cnn.autograd.pending import Pending

TAKERS: set[Op] = {ops.conv2d, ops.batch_norm}
"""The operations whose compiled gradients take a `MaskedGradient`."""


class MaskedGradient(Pending):
    """The gradient of x for y = relu(x): g where not y ≤ 0, and 0 elsewhere."""

    __slots__ = ("g", "y")

    def __init__(self, g: Array, y: Array, taker: Op) -> None:
        self.shape = g.shape
        self.dtype = g.dtype
        self.taker = taker
        self.g = g
        self.y = y

    def value(self) -> Array:
        """Return the masked array."""
        return ops.relu_input(self.g, self.y)
