"""Softmax and its logarithm along an axis."""

from __future__ import annotations

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A
from tinygrad_cnn.ops.broadcast import elementwise
from tinygrad_cnn.ops.exponential import exp
from tinygrad_cnn.ops.reduce import sum


@elementwise(floating=True)
def softmax(x: Array, *, dim: int) -> Array:
    """Compute exp(x) / Σ exp(x) along `dim`, shifted by the maximum so that nothing overflows."""
    return kernels.softmax(x, dim)


@softmax.vjp(0)
def softmax_vjp_0(g: A, y: A, _x: object, *, dim: int) -> A:
    return y * (g - sum(g * y, dim, keepdim=True))


@elementwise(floating=True)
def log_softmax(x: Array, *, dim: int) -> Array:
    """Compute x − log Σ exp(x) along `dim`, shifted by the maximum so that nothing overflows."""
    return kernels.log_softmax(x, dim)


@log_softmax.vjp(0)
def log_softmax_vjp_0(g: A, y: A, _x: object, *, dim: int) -> A:
    return g - exp(y) * sum(g, dim, keepdim=True)
