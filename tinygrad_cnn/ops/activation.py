"""Activations, softmax and log-softmax."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._types import A, Array
from tinygrad_cnn.ops.broadcast import elementwise
from tinygrad_cnn.ops.elementwise import exp
from tinygrad_cnn.ops.reduce import sum


@elementwise()
def relu(x: Array) -> Array:
    """Compute max(x, 0); the gradient at 0 is 0."""
    return np.maximum(x, 0)


@relu.vjp(0)
def relu_vjp_0(g: A, y: A, _x: object) -> A:
    return g * (y > 0)


@elementwise(floating=True)
def sigmoid(x: Array) -> Array:
    """Compute 1 / (1 + e⁻ˣ), without overflow at either end."""
    return kernels.sigmoid(x)


@sigmoid.vjp(0)
def sigmoid_vjp_0(g: A, y: A, _x: object) -> A:
    return g * y * (1 - y)


@elementwise(floating=True)
def tanh(x: Array) -> Array:
    """Compute the hyperbolic tangent."""
    return np.tanh(x)


@tanh.vjp(0)
def tanh_vjp_0(g: A, y: A, _x: object) -> A:
    return g * (1 - y * y)


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
