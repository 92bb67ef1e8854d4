"""Calls of the compiled matrix products; `tinygrad_cnn.kernels.matmul` says what each computes."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn._buffers import empty
from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels.compiled.arrays import contiguous, float32, usable
from tinygrad_cnn.kernels.compiled.native import native

__all__ = ["linear", "linear_gradients", "matmul"]


def matmul(a: Array, b: Array) -> Any:
    """Compute `kernels.matmul` of two matrices, either of which may be a transposed view."""
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0] or not usable(a, b):
        return NotImplemented
    y = empty((a.shape[0], b.shape[1]), float32)
    if not b.flags.c_contiguous and b.flags.f_contiguous:
        native.matmul_nt(contiguous(a), b.T, None, y, 0)
    elif not a.flags.c_contiguous and a.flags.f_contiguous:
        native.matmul_tn(a.T, contiguous(b), y)
    else:
        native.matmul_nn(contiguous(a), contiguous(b), y)
    return y


def linear(x: Array, w: Array, b: Array | None, relu: bool = False) -> Any:
    """Compute `kernels.linear`, and with `relu` the larger of that and 0."""
    if not x.ndim or x.shape[-1] != w.shape[1] or not usable(x, w, b):
        return NotImplemented
    rows = contiguous(x) if x.ndim == 2 else contiguous(x).reshape(-1, x.shape[-1])
    y = empty((len(rows), len(w)), float32)
    native.matmul_nt(rows, contiguous(w), None if b is None else contiguous(b), y, relu)
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], len(w))


def linear_gradients(
    wanted: list[bool], g: Array, gate: Array | None, x: Any, w: Any, _b: object
) -> list[Array | None] | None:  # fmt: skip
    """Return the gradients of `linear` that are `wanted`, or None where its dtype is another or a ReLU follows it.

    Args:
        wanted: for x, w and b.
        g: (..., O), the gradient of the output.
        gate: the output of a ReLU that g has yet to pass, or None.
        x, w: the inputs; None where no gradient that is wanted needs the values.
    """
    if gate is not None or g.dtype != float32 or not g.size:
        return None
    if (wanted[0] and not w.size) or (wanted[1] and not x.size):
        return None
    rows = contiguous(g).reshape(-1, g.shape[-1])
    gx = gw = gb = None
    if wanted[0]:
        gx = empty((len(rows), w.shape[1]), float32)
        native.matmul_nn(rows, contiguous(w), gx)
        gx = gx.reshape(*g.shape[:-1], w.shape[1])
    if wanted[1]:
        gw = empty((rows.shape[1], x.shape[-1]), float32)
        native.matmul_tn(rows, contiguous(x).reshape(len(rows), -1), gw)
    if wanted[2]:
        gb = empty((rows.shape[1],), float32)
        native.column_sums(rows, gb)
    return [gx, gw, gb]
