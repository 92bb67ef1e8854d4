"""Calls of the compiled ReLU; `tinygrad_cnn.kernels.activation` says what each function computes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Node
from tinygrad_cnn.fast.arrays import float32
from tinygrad_cnn.fast.dispatch import numpy_kernels
from tinygrad_cnn.fast.memory import empty
from tinygrad_cnn.fast.native import DONE, declined, native
from tinygrad_cnn.fast.relu_mask import TAKERS, MaskedGradient

_relu, _relu_input = native.relu, native.relu_input


def relu(x: Array) -> Array:
    """Compute `kernels.relu`."""
    if x.dtype == float32:
        y = empty(x.shape, float32)
        answer = _relu(x, y)
        if answer == DONE:
            return y
        again = declined("relu", answer, x)
        if again is not None:
            return relu(*again)
    return numpy_kernels["relu"](x)


def relu_gradients(node: Node, g: object, _wanted: Sequence[bool]) -> list[MaskedGradient] | None:
    """Return g for the operation before the ReLU to mask, if its gradients do that in passing."""
    maker = node.parents[0]
    if isinstance(g, np.ndarray) and g.dtype == float32 and isinstance(maker, Node) and maker.op in TAKERS:
        assert node.out is not None  # ReLU's VJP reads it
        return [MaskedGradient(g, node.out, maker.op)]
    return None


def relu_input(g: Array, y: Array) -> Array:
    """Compute `kernels.relu_input`."""
    if g.dtype == float32 and g.shape == y.shape:
        gx = empty(g.shape, float32)
        answer = _relu_input(g, y, gx)
        if answer == DONE:
            return gx
        again = declined("relu_input", answer, g, y)
        if again is not None:
            return relu_input(*again)
    return numpy_kernels["relu_input"](g, y)
