"""The affine map of fully connected layers."""

from __future__ import annotations

from tinygrad_cnn import kernels
from tinygrad_cnn.autograd import A, T, Values, primitive
from tinygrad_cnn.ops.matmul import matmul, multiply_matrices
from tinygrad_cnn.ops.reduce import sum
from tinygrad_cnn.ops.shape import product, reshape, transpose


@primitive(kernels.linear)
def linear(x: T, w: Values, b: Values | None) -> T: ...


@linear.vjp(0)
def linear_vjp_0(g: A, _y: object, _x: object, w: A, _b: object) -> A:
    return matmul(g, w)


@linear.vjp(1)
def linear_vjp_1(g: A, _y: object, x: A, _w: object, _b: object) -> A:
    rows = reshape(g, (product(g.shape[:-1]), g.shape[-1]))
    return multiply_matrices(transpose(rows, 0, 1), reshape(x, (rows.shape[0], x.shape[-1])))


@linear.vjp(2)
def linear_vjp_2(g: A, _y: object, _x: object, _w: object, _b: object) -> A:
    return sum(g, tuple(range(g.ndim - 1))) if g.ndim > 1 else g
