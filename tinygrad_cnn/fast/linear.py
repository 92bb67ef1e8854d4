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
from tinygrad_cnn.fast.native import DONE, declined, native

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


def linear_gradients(node: Node, g: Any, wanted: Sequence[bool]) -> list[Array | None] | None:
    """Return the gradients of `linear` with respect to x, w and b, where they are `wanted`.

    None for other dtypes than float32, and for matrices without elements or with too many: the VJPs compute them.

    Args:
        node: of the operation; its arguments are x (..., I) and w (O, I), None or a shape where not needed.
        g: (..., O), the gradient of the output.
        wanted: for x, w and b.
    """
    if g.__class__ is not np.ndarray or g.dtype != float32:
        return None
    x, w = node.args[:2]
    return _gradients(g, x if wanted[1] else None, w if wanted[0] else None, wanted[2])


def _gradients(g: Array, x: Array | None, w: Array | None, to_b: bool) -> list[Array | None] | None:
    """Return gx for a given w, gw for a given x, and gb if `to_b`; None in place of all where C is not to compute."""
    if (x is not None and not 0 < x.size <= MOST_ELEMENTS) or (w is not None and w.size > MOST_ELEMENTS):
        return None
    shape = g.shape
    if len(shape) != 2:
        rows = prod(shape[:-1])
        g = g.reshape(rows, shape[-1])
        x = None if x is None else x.reshape(rows, x.shape[-1])
    count, outputs = g.shape
    gx = None if w is None else empty((count, w.shape[1]), float32)
    gw = None if x is None else empty((outputs, x.shape[1]), float32)
    gb = empty((outputs,), float32) if to_b else None
    answer = _linear_gradients(g, x, w, gx, gw, gb)
    if answer == DONE:
        found = [gx, gw, gb]
    else:
        again = declined("linear_gradients", answer, g, x, w)
        if again is None:
            return None
        found = _gradients(*again, to_b)
    if found is not None and found[0] is not None and len(shape) != 2:
        found[0] = found[0].reshape(*shape[:-1], found[0].shape[1])
    return found
