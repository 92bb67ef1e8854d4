"""Matrix products."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import A, Array
from tinygrad_cnn.autograd import primitive
from tinygrad_cnn.ops.broadcast import fit
from tinygrad_cnn.ops.reduce import sum
from tinygrad_cnn.ops.shape import product, reshape, squeeze, transpose, unsqueeze


@primitive("matmul", fit=fit)
def _matmul(x: Array, other: Array) -> Array:
    return np.matmul(x, other)


@_matmul.vjp(0)
def matmul_vjp_0(g: A, _y: object, _x: object, other: A) -> A:
    return _matmul(g, transpose(other, -2, -1))


@_matmul.vjp(1)
def matmul_vjp_1(g: A, _y: object, x: A, _other: object) -> A:
    return _matmul(transpose(x, -2, -1), g)


def matmul(input: A, other: A) -> A:
    """Multiply matrices: (..., n, k) · (..., k, m) → (..., n, m), the leading axes broadcast.

    A 1-d `input` is taken as a row and a 1-d `other` as a column, and that axis is dropped from the result.

    Raises:
        RuntimeError: an argument is 0-d, the inner sizes or the leading axes do not fit, or the dtypes differ.
    """
    if not (input.ndim and other.ndim):
        raise RuntimeError(f"matmul: expected at least 1 axis each, got shapes {input.shape} and {other.shape}")
    if input.dtype != other.dtype:
        raise RuntimeError(f"matmul: expected tensors of one dtype, got {input.dtype} and {other.dtype}")
    if input.shape[-1] != other.shape[-2 if other.ndim > 1 else 0]:
        raise RuntimeError(
            f"matmul: expected the last axis of the first to equal the {'second-last' if other.ndim > 1 else 'only'} "
            f"axis of the second, got shapes {input.shape} and {other.shape}"
        )
    row, column = input.ndim == 1, other.ndim == 1
    x = unsqueeze(input, 0) if row else input
    w = unsqueeze(other, 1) if column else other
    try:
        np.broadcast_shapes(x.shape[:-2], w.shape[:-2])
    except ValueError:
        raise RuntimeError(
            f"matmul: the leading axes do not broadcast, got shapes {input.shape} and {other.shape}"
        ) from None
    y = _matmul(x, w)
    if row:
        y = squeeze(y, -2)
    return squeeze(y, -1) if column else y


def mm(input: A, mat2: A) -> A:
    """Multiply two matrices: (n, k) · (k, m) → (n, m), without broadcasting.

    Raises:
        RuntimeError: an argument is not a matrix, and as for `matmul`.
    """
    if input.ndim != 2 or mat2.ndim != 2:
        raise RuntimeError(f"mm: expected two matrices, got shapes {input.shape} and {mat2.shape}")
    return matmul(input, mat2)


@primitive("linear")
def linear(x: Array, w: Array, b: Array | None) -> Array:
    """Compute y = x · wᵀ + b for x (..., I), w (O, I), b (O,) or None; y is (..., O)."""
    y = np.matmul(x, w.T)
    if b is not None:
        y += b
    return y


@linear.vjp(0)
def linear_vjp_0(g: A, _y: object, _x: object, w: A, _b: object) -> A:
    return matmul(g, w)


@linear.vjp(1)
def linear_vjp_1(g: A, _y: object, x: A, _w: object, _b: object) -> A:
    rows = reshape(g, (product(g.shape[:-1]), g.shape[-1]))
    return _matmul(transpose(rows, 0, 1), reshape(x, (rows.shape[0], x.shape[-1])))


@linear.vjp(2)
def linear_vjp_2(g: A, _y: object, _x: object, _w: object, _b: object) -> A:
    return sum(g, tuple(range(g.ndim - 1))) if g.ndim > 1 else g
