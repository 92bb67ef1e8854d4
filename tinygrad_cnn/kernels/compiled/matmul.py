"""Calls of the compiled matrix products; `tinygrad_cnn.kernels.matmul` says what each computes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from tinygrad_cnn._buffers import empty
from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels.compiled.arrays import contiguous, float32, usable
from tinygrad_cnn.kernels.compiled.native import DONE, check_memory, declined, native

__all__ = ["linear", "linear_gradients", "matmul"]

_matmul_nt, _linear_gradients = native.matmul_nt, native.linear_gradients

_MOST_ELEMENTS = 2**31 - 1
"""Of the right-hand matrix, whose rows kernels find by 32-bit offsets."""


def matmul(a: Array, b: Array) -> Any:
    """Compute `kernels.matmul` of two matrices, either of which may be a transposed view."""
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0] or not usable(a, b) or b.size > _MOST_ELEMENTS:
        return NotImplemented
    y = empty((a.shape[0], b.shape[1]), float32)
    if not b.flags.c_contiguous and b.flags.f_contiguous:
        answer = native.matmul_nt(contiguous(a), contiguous(b.T), None, y, 0)
    elif not a.flags.c_contiguous and a.flags.f_contiguous:
        answer = native.matmul_tn(a.T, contiguous(b), y)
    else:
        answer = native.matmul_nn(contiguous(a), contiguous(b), y)
    if answer != DONE:
        check_memory("matmul", answer)
    return y


def linear(x: Array, w: Array, b: Array | None, relu: bool = False) -> Any:
    """Compute `kernels.linear`, and with `relu` the larger of that and 0."""
    shape = x.shape
    outputs, inputs = w.shape
    if x.dtype != float32 or not shape or shape[-1] != inputs or w.size > _MOST_ELEMENTS:
        return NotImplemented
    rows = x if len(shape) == 2 else x.reshape(prod(shape[:-1]), inputs)
    y = empty((rows.shape[0], outputs), float32)
    answer = _matmul_nt(rows, w, b, y, relu)
    if answer == DONE:
        return y if rows is x else y.reshape(*shape[:-1], outputs)
    again = declined("linear", answer, x, w, b)
    return NotImplemented if again is None else linear(again[0], again[1], again[2], relu)


def linear_gradients(
    wanted: Sequence[bool], g: Array, gate: Array | None, _y: object, x: Any, w: Any, _b: object
) -> list[Array | None] | None:  # fmt: skip
    """Return the gradients of `linear` that are `wanted`, or None where the VJPs are to compute them.

    They are after a ReLU that follows, for other dtypes, and for matrices without elements or with too many.

    Args:
        wanted: for x, w and b.
        g: (..., O), the gradient of the output.
        gate: the output of a ReLU that g has yet to pass, or None.
        x: (..., I), or None if the gradient of w is not wanted.
        w: (O, I), or None if that of x is not wanted.
    """
    if gate is not None or g.dtype != float32:
        return None
    to_x, to_w, to_b = wanted
    if not to_w:
        x = None
    elif x.size > _MOST_ELEMENTS or not x.size:
        return None
    if not to_x:
        w = None
    elif w.size > _MOST_ELEMENTS:
        return None
    shape = g.shape
    if len(shape) != 2:
        rows = prod(shape[:-1])
        g = g.reshape(rows, shape[-1])
        x = None if x is None else x.reshape(rows, x.shape[-1])
    count, outputs = g.shape
    gx = empty((count, w.shape[1]), float32) if to_x else None
    gw = empty((outputs, x.shape[1]), float32) if to_w else None
    gb = empty((outputs,), float32) if to_b else None
    answer = _linear_gradients(g, x, w, gx, gw, gb)
    if answer == DONE:
        if gx is not None and len(shape) != 2:
            gx = gx.reshape(*shape[:-1], w.shape[1])
        return [gx, gw, gb]
    again = declined("linear_gradients", answer, g, x, w)
    if again is None:
        return None
    g, x, w = again
    found = linear_gradients(wanted, g, None, None, x, w, None)
    if found is not None and found[0] is not None:
        found[0] = found[0].reshape(*shape[:-1], w.shape[1])
    return found
