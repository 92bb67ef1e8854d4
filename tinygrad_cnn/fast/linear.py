"""Calls of the compiled affine map; `tinygrad_cnn.kernels.linear` says what it computes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Node
from tinygrad_cnn.fast.arrays import float32
from tinygrad_cnn.fast.dispatch import numpy_kernels
from tinygrad_cnn.fast.fusion import fused_relu
from tinygrad_cnn.fast.matmul import MOST_ELEMENTS
from tinygrad_cnn.fast.memory import empty
from tinygrad_cnn.fast.native import DONE, check_memory, declined, native

_matmul_nt, _linear_gradients = native.matmul_nt, native.linear_gradients


def linear(x: Array, w: Array, b: Array | None) -> Array:
    """Compute `kernels.linear`, and the ReLU after it where `fused_relu` asks for that."""
    shape = x.shape
    outputs, inputs = w.shape
    if x.dtype == float32 and shape and shape[-1] == inputs and w.size <= MOST_ELEMENTS:
        rows = x if len(shape) == 2 else x.reshape(prod(shape[:-1]), inputs)
        y = empty((rows.shape[0], outputs), float32)
        relu = fused_relu.operand is w
        answer = _matmul_nt(rows, w, b, y, relu)
        if answer == DONE:
            if len(shape) != 2:
                y = y.reshape(*shape[:-1], outputs)
            if relu:
                fused_relu.output = y
            return y
        again = declined("linear", answer, x, w, b)
        if again is not None:
            return linear(*again)
    return numpy_kernels["linear"](x, w, b)


def linear_gradients(node: Node, g: object, wanted: Sequence[bool]) -> list[Array | None] | None:
    """Return the gradients of `linear` with respect to x, w and b, where they are `wanted`.

    None for other dtypes than float32, and for matrices without elements or with too many: the VJPs compute them.

    Args:
        node: of the operation; its arguments are x (..., I) and w (O, I), None or a shape where not needed.
        g: (..., O), the gradient of the output.
        wanted: for x, w and b.
    """
    if not isinstance(g, np.ndarray) or g.dtype != float32:
        return None
    to_x, to_w, to_b = wanted
    assert node.args is not None  # or the walk would have refused the graph
    x: Any = node.args[0] if to_w else None
    w: Any = node.args[1] if to_x else None
    if (to_w and not 0 < x.size <= MOST_ELEMENTS) or (to_x and w.size > MOST_ELEMENTS):
        return None
    shape = g.shape
    if len(shape) != 2:
        g = g.reshape(prod(shape[:-1]), shape[-1])
        x = None if x is None else x.reshape(g.shape[0], x.shape[-1])
    gx = empty((g.shape[0], w.shape[1]), float32) if to_x else None
    gw = empty((g.shape[1], x.shape[1]), float32) if to_w else None
    gb = empty((g.shape[1],), float32) if to_b else None
    answer = _linear_gradients(g, x, w, gx, gw, gb)
    if answer != DONE:
        again = declined("linear_gradients", answer, g, x, w)
        if again is None:
            return None
        answer = _linear_gradients(*again, gx, gw, gb)
        if answer != DONE:
            check_memory("linear_gradients", answer)
            return None
    return [gx if gx is None or len(shape) == 2 else gx.reshape(*shape[:-1], gx.shape[1]), gw, gb]
