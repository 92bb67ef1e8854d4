"""Activations: one output element per input element."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, primitive
from tinygrad_cnn.ops.broadcast import elementwise
from tinygrad_cnn.ops.exponential import erf, exp
from tinygrad_cnn.ops.selection import where


def _refuse_booleans(x: Array) -> None:
    if x.dtype.kind == "b":
        raise TypeError("booleans are not rectified")


@elementwise()
def relu(x: Array) -> Array:
    """Compute max(x, 0); the gradient at 0 is 0."""
    _refuse_booleans(x)
    return kernels.relu(x)


relu_in_place = relu.variant(lambda x: np.maximum(x, 0, out=x), overwrites=True)
relu_input = primitive()(kernels.relu_input)


@relu.vjp(0)
def relu_vjp_0(g: A, y: A, _x: object) -> A:
    return relu_input(g, y)


@relu_input.vjp(0)
def relu_input_vjp_0(u: A, _gx: object, _g: object, y: A) -> A:
    return relu_input(u, y)


@relu_input.vjp(1)
def relu_input_vjp_1(u: A, _gx: object, _g: object, _y: object) -> A:
    return where(False, u, 0)  # constant on either side of 0


@elementwise()
def relu6(x: Array) -> Array:
    """Compute min(max(x, 0), 6); the gradient at 0 and at 6 is 0."""
    _refuse_booleans(x)
    return np.minimum(np.maximum(x, 0), 6)


@relu6.vjp(0)
def relu6_vjp_0(g: A, y: A, _x: object) -> A:
    return where((y <= 0) | (y >= 6), 0, g)


@elementwise()
def hardtanh(x: Array, *, min_val: float, max_val: float) -> Array:
    """Compute min(max(x, min_val), max_val); the gradient on a limit is 0."""
    _refuse_booleans(x)
    return np.minimum(np.maximum(x, x.dtype.type(min_val)), x.dtype.type(max_val))


@hardtanh.vjp(0)
def hardtanh_vjp_0(g: A, y: A, _x: object, *, min_val: float, max_val: float) -> A:
    return where((y <= min_val) | (y >= max_val), 0, g)


@elementwise(floating=True)
def leaky_relu(x: Array, *, negative_slope: float = 0.01) -> Array:
    """Compute x where x > 0 and negative_slope · x elsewhere; the gradient at 0 is `negative_slope`."""
    return kernels.select(x > 0, x, negative_slope * x)


@leaky_relu.vjp(0)
def leaky_relu_vjp_0(g: A, _y: object, x: A, *, negative_slope: float = 0.01) -> A:
    return where(x > 0, g, g * negative_slope)


@elementwise(floating=True)
def prelu(x: Array, w: Array) -> Array:
    """Compute x where x > 0 and w · x elsewhere; the gradient at 0 is w in x and 0 in w."""
    with np.errstate(invalid="ignore"):  # 0 · ∞ where x is chosen
        return kernels.select(x > 0, x, w * x)


@prelu.vjp(0)
def prelu_vjp_0(g: A, _y: object, x: A, w: A) -> A:
    return where(x > 0, g, g * w)


@prelu.vjp(1)
def prelu_vjp_1(g: A, _y: object, x: A, _w: object) -> A:
    return where(x > 0, 0, g * x)


@elementwise(floating=True)
def elu(x: Array, *, alpha: float = 1.0) -> Array:
    """Compute x where x > 0 and alpha · (eˣ − 1) elsewhere; the gradient at 0 is `alpha`, the second one 0.

    Ref: Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential linear units", 2016.
    """
    return kernels.select(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@elu.vjp(0)
def elu_vjp_0(g: A, y: A, x: A, *, alpha: float = 1.0) -> A:
    below = g * (where(x < 0, y, 0) + alpha)  # leaves y = ∞ out: 0 · ∞ is NaN in the next order
    return where(x > 0, g, below)


@elementwise(floating=True)
def silu(x: Array) -> Array:
    """Compute x · sigmoid(x).

    Ref: Hendrycks, Gimpel, "Gaussian error linear units", 2016; Ramachandran et al., "Swish", 2017.
    """
    with np.errstate(invalid="ignore"):
        return x * kernels.sigmoid(x)


@silu.vjp(0)
def silu_vjp_0(g: A, _y: object, x: A) -> A:
    s = sigmoid(x)
    return g * (s * (1 + x * (1 - s)))


@elementwise(floating=True)
def gelu(x: Array, *, approximate: str = "none") -> Array:
    """Compute x · Φ(x), Φ the distribution function of the normal distribution, or its approximation by tanh.

    none: x / 2 · (1 + erf(x / √2)); tanh: x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).

    Ref: Hendrycks, Gimpel, "Gaussian error linear units", 2016.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        bell = np.tanh(_WIDTH * (x + _CUBIC * (x * x * x))) if approximate == "tanh" else kernels.erf(x * _HALF_ROOT)
        return 0.5 * x * (1 + bell)


@gelu.vjp(0)
def gelu_vjp_0(g: A, _y: object, x: A, *, approximate: str = "none") -> A:
    if approximate == "tanh":
        bell = tanh(_WIDTH * (x + _CUBIC * (x * x * x)))
        slope = (1 - bell * bell) * (_WIDTH * (1 + 3 * _CUBIC * (x * x)))
    else:
        bell = erf(x * _HALF_ROOT)
        slope = _WIDTH * exp(-0.5 * (x * x))
    return g * (0.5 * (1 + bell + x * slope))


_HALF_ROOT = math.sqrt(0.5)
_WIDTH = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


@elementwise(floating=True)
def softplus(x: Array, *, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """Compute log(1 + e^(beta · x)) / beta, and x itself where beta · x > threshold: the two agree there."""
    z = beta * x
    return kernels.select(z > threshold, x, (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) / beta)


@softplus.vjp(0)
def softplus_vjp_0(g: A, _y: object, x: A, *, beta: float = 1.0, threshold: float = 20.0) -> A:
    return where(beta * x > threshold, g, g * sigmoid(beta * x))


@elementwise(floating=True)
def logsigmoid(x: Array) -> Array:
    """Compute log(1 / (1 + e⁻ˣ)), without overflow or loss at either end."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@logsigmoid.vjp(0)
def logsigmoid_vjp_0(g: A, _y: object, x: A) -> A:
    return g * sigmoid(-x)


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
