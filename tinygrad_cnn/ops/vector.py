"""Products with vectors: dot, matrix-vector and outer products. Each one's gradients are made of the others."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, T, Values, primitive
from tinygrad_cnn.ops.broadcast import promote
from tinygrad_cnn.ops.shape import transpose


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
        RuntimeError: an argument is not 1-d, the lengths differ, or the dtypes do.
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


def check_one_dtype(op: str, *operands: T) -> None:
    """Raise unless all of `operands` are of one dtype."""
    dtypes = [str(one.dtype) for one in operands]
    if len(set(dtypes)) > 1:
        raise RuntimeError(f"{op}: expected tensors of one dtype, got {' and '.join(dtypes)}")
