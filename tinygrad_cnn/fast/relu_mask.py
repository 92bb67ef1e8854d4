"""The gradient of a ReLU, not computed but left to the operation before it, which applies the mask as it reads g."""

from __future__ import annotations

from tinygrad_cnn import ops
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Op
from tinygrad_cnn.autograd.pending import Pending

TAKERS: set[Op] = {ops.conv2d, ops.batch_norm}
"""The operations whose compiled gradients take a `MaskedGradient`."""


class MaskedGradient(Pending):
    """The gradient of y = relu(x) with respect to x: 0 where y ≤ 0, and g elsewhere."""

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
