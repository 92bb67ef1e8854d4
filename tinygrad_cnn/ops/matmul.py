"""Products of matrices and vectors. The gradients of each product are other products."""

from __future__ import annotations

from typing import cast

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._dtypes import is_floating
from tinygrad_cnn._types import Array, Scalar
from tinygrad_cnn.autograd import A, T, Values, primitive
from tinygrad_cnn.ops.broadcast import fit, promote
from tinygrad_cnn.ops.shape import squeeze, transpose, unsqueeze

multiply_matrices = primitive(name="matmul", fit=fit)(kernels.matmul)
"""What `matmul` computes where both arguments have at least two axes, without its checks."""


@multiply_matrices.vjp(0)
def matmul_vjp_0(g: A, _y: object, _x: object, other: A) -> A:
    return multiply_matrices(g, transpose(other, -2, -1))


@multiply_matrices.vjp(1)
def matmul_vjp_1(g: A, _y: object, x: A, _other: object) -> A:
    return multiply_matrices(transpose(x, -2, -1), g)


def check_one_dtype(op: str, *operands: T) -> None:
    """Raise unless all `operands` have the same dtype."""
    dtypes = [str(one.dtype) for one in operands]
    if len(set(dtypes)) > 1:
        raise RuntimeError(f"{op}: expected tensors of one dtype, got {' and '.join(dtypes)}")


def matmul(input: T, other: Values) -> T:
    """Multiply matrices: (..., n, k) · (..., k, m) → (..., n, m), the leading axes broadcast.

    A 1-d `input` is taken as a row and a 1-d `other` as a column, and that axis is dropped from the result.

    Raises:
        RuntimeError: an argument is 0-d, the inner sizes or the leading axes do not fit, or the dtypes differ.
    """
    if not (input.ndim and other.ndim):
        raise RuntimeError(f"matmul: expected at least 1 axis each, got shapes {input.shape} and {other.shape}")
    check_one_dtype("matmul", input, other)
    if input.shape[-1] != other.shape[-2 if other.ndim > 1 else 0]:
        raise RuntimeError(
            f"matmul: expected the last axis of the first to equal the {'second-last' if other.ndim > 1 else 'only'} "
            f"axis of the second, got shapes {input.shape} and {other.shape}"
        )
    if other.ndim == 1 and input.ndim < 3:
        return dot(input, other) if input.ndim == 1 else mv(input, other)
    if input.ndim == 1 and other.ndim == 2:
        return cast(T, mv(transpose(other, 0, 1), input))
    x = unsqueeze(input, 0) if input.ndim == 1 else input
    w = unsqueeze(other, 1) if other.ndim == 1 else other
    try:
        np.broadcast_shapes(x.shape[:-2], w.shape[:-2])
    except ValueError:
        raise RuntimeError(
            f"matmul: the leading axes do not broadcast, got shapes {input.shape} and {other.shape}"
        ) from None
    y = multiply_matrices(x, w)
    if input.ndim == 1:
        return squeeze(y, -2)
    return squeeze(y, -1) if other.ndim == 1 else y


def mm(input: T, mat2: Values) -> T:
    """Multiply two matrices: (n, k) · (k, m) → (n, m), without broadcasting.

    Raises:
        RuntimeError: an argument is not a matrix, and as for `matmul`.
    """
    if input.ndim != 2 or mat2.ndim != 2:
        raise RuntimeError(f"mm: expected two matrices, got shapes {input.shape} and {mat2.shape}")
    return matmul(input, mat2)


def bmm(input: T, mat2: Values) -> T:
    """Multiply two batches of matrices: (b, n, k) · (b, k, m) → (b, n, m), without broadcasting.

    Raises:
        RuntimeError: an argument is not a batch of matrices, the batches differ, and as for `matmul`.
    """
    if input.ndim != 3 or mat2.ndim != 3 or input.shape[0] != mat2.shape[0]:
        raise RuntimeError(
            f"bmm: expected two batches of as many matrices, got shapes {input.shape} and {mat2.shape}; matmul "
            "broadcasts"
        )
    return matmul(input, mat2)


@primitive(fit=fit)
def _addmm(x: Array, mat1: Array, mat2: Array, *, beta: Scalar, alpha: Scalar) -> Array:
    y = kernels.matmul(mat1, mat2)
    if alpha != 1:
        y = y * alpha
    return y + x * beta if beta else y


@_addmm.vjp(0)
def addmm_vjp_0(g: A, _y: object, _x: object, _mat1: object, _mat2: object, *, beta: Scalar, **_: Scalar) -> A:
    return g * beta


@_addmm.vjp(1)
def addmm_vjp_1(g: A, _y: object, _x: object, _mat1: object, mat2: A, *, alpha: Scalar, **_: Scalar) -> A:
    return multiply_matrices(g, transpose(mat2, 0, 1)) * alpha


@_addmm.vjp(2)
def addmm_vjp_2(g: A, _y: object, _x: object, mat1: A, _mat2: object, *, alpha: Scalar, **_: Scalar) -> A:
    return multiply_matrices(transpose(mat1, 0, 1), g) * alpha


def addmm(input: T, mat1: Values, mat2: Values, *, beta: Scalar = 1, alpha: Scalar = 1) -> T:
    """Compute beta · input + alpha · mat1 · mat2, as one operation.

    Args:
        input: broadcasts to (n, m); with beta = 0 it is ignored, even if it holds NaN.
        mat1: (n, k).
        mat2: (k, m).
        beta: the factor of `input`, a whole number for integer tensors.
        alpha: the factor of the product, a whole number for integer tensors.

    Raises:
        RuntimeError: the shapes do not fit, the dtypes differ, or a factor is not whole for integers.
    """
    if mat1.ndim != 2 or mat2.ndim != 2 or mat1.shape[1] != mat2.shape[0]:
        raise RuntimeError(f"addmm: expected matrices (n, k) and (k, m), got shapes {mat1.shape} and {mat2.shape}")
    shape = (mat1.shape[0], mat2.shape[1])
    lead = 2 - input.ndim
    if lead < 0 or any(size not in (1, shape[lead + i]) for i, size in enumerate(input.shape)):
        raise RuntimeError(f"addmm: expected an input that broadcasts to {shape}, got shape {input.shape}")
    check_one_dtype("addmm", input, mat1, mat2)
    if not is_floating(input.dtype) and not (isinstance(beta, int) and isinstance(alpha, int)):
        raise RuntimeError(f"addmm: expected whole beta and alpha for {input.dtype}, got {beta} and {alpha}")
    return _addmm(input, mat1, mat2, beta=beta, alpha=alpha)


# --- with vectors ---------------------------------------------------------------------------------------------------


@primitive()
def _dot(x: Array, tensor: Array) -> Array:
    return np.dot(x, tensor)


@_dot.vjp(0)
def dot_vjp_0(g: A, _y: object, _x: object, tensor: A) -> A:
    return g * tensor


@_dot.vjp(1)
def dot_vjp_1(g: A, _y: object, x: A, _tensor: object) -> A:
    return g * x


@primitive()
def _mv(x: Array, vec: Array) -> Array:
    return np.matmul(x, vec)


@_mv.vjp(0)
def mv_vjp_0(g: A, _y: object, _x: object, vec: A) -> A:
    return _outer(g, vec)


@_mv.vjp(1)
def mv_vjp_1(g: A, _y: object, x: A, _vec: object) -> A:
    return _mv(transpose(x, 0, 1), g)


@primitive(prepare=promote)
def _outer(x: Array, vec2: Array) -> Array:
    return np.outer(x, vec2)


@_outer.vjp(0)
def outer_vjp_0(g: A, _y: object, _x: object, vec2: A) -> A:
    return _mv(g, vec2)


@_outer.vjp(1)
def outer_vjp_1(g: A, _y: object, x: A, _vec2: object) -> A:
    return _mv(transpose(g, 0, 1), x)


def dot(input: T, tensor: Values) -> T:
    """Return the sum of products of two vectors of one length: Σ_i x[i] · y[i].

    Raises:
        RuntimeError: an argument is not 1-d, or the lengths or the dtypes differ.
    """
    if input.ndim != 1 or input.shape != tensor.shape:
        raise RuntimeError(f"dot: expected two vectors of one length, got shapes {input.shape} and {tensor.shape}")
    check_one_dtype("dot", input, tensor)
    return _dot(input, tensor)


def mv(input: T, vec: Values) -> T:
    """Multiply a matrix by a vector: (n, k) · (k,) → (n,).

    Raises:
        RuntimeError: the shapes do not fit, or the dtypes differ.
    """
    if input.ndim != 2 or vec.ndim != 1 or input.shape[1:] != vec.shape:
        raise RuntimeError(f"mv: expected a matrix (n, k) and a vector (k,), got shapes {input.shape} and {vec.shape}")
    check_one_dtype("mv", input, vec)
    return _mv(input, vec)


def outer(input: T, vec2: Values) -> T:
    """Return all products of elements of two vectors: (n,), (m,) → (n, m); dtypes are promoted.

    Raises:
        RuntimeError: an argument is not 1-d.
    """
    if input.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(f"outer: expected two vectors, got shapes {input.shape} and {vec2.shape}")
    return _outer(input, vec2)
