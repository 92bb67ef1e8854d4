"""Calls of the compiled matrix product; `tinygrad_cnn.kernels.matmul` defines what it computes."""

from __future__ import annotations

from tinygrad_cnn._types import Array, Scalar
from tinygrad_cnn.fast.arrays import contiguous, float32, usable
from tinygrad_cnn.fast.dispatch import numpy_kernels
from tinygrad_cnn.fast.memory import empty
from tinygrad_cnn.fast.native import DONE, check_memory, native

MOST_ELEMENTS = 2**31 - 1
"""The most elements of the right-hand matrix: kernels find its rows by 32-bit offsets."""


def matmul(a: Array, b: Array) -> Array:
    """Compute `kernels.matmul` of two matrices, either of which may be a transposed view."""
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0] or not usable(a, b) or b.size > MOST_ELEMENTS:
        return numpy_kernels["matmul"](a, b)
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


def addmm(x: Array, mat1: Array, mat2: Array, *, beta: Scalar, alpha: Scalar) -> Array:
    """Compute beta · x + alpha · mat1 · mat2 by `matmul`."""
    y = matmul(mat1, mat2)
    if alpha != 1:
        y *= alpha
    if beta:
        y = y + x * beta
    return y
