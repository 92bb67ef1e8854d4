"""Losses, each a single operation with gradients in closed form.

With reduction "mean" each loss gets an equal share of g; if there are no losses the gradient is 0.
"""

from __future__ import annotations

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.autograd import A, Operand, Spec, T, Values, primitive
from tinygrad_cnn.ops.activation import sigmoid
from tinygrad_cnn.ops.arithmetic import abs, sign
from tinygrad_cnn.ops.exponential import log
from tinygrad_cnn.ops.reduce import sum
from tinygrad_cnn.ops.selection import maximum, where
from tinygrad_cnn.ops.shape import product, unsqueeze
from tinygrad_cnn.ops.softmax import log_softmax, softmax


@primitive(differentiable=False)
def one_hot(target: Array, *, num_classes: int, dim: int, dtype: DType) -> Array:
    """Return 1 where the index along the new axis `dim`, of length `num_classes`, equals `target`, and 0 elsewhere."""
    positions = np.expand_dims(target, dim)
    classes = np.arange(num_classes).reshape([-1 if i == dim else 1 for i in range(positions.ndim)])
    return (positions == classes).astype(dtype)


def _per_element(g: A, shape: Shape, reduction: str) -> A:
    """Return the gradient of each loss; the mean divides g by the number of losses, which have shape `shape`."""
    return g / product(shape) if reduction == "mean" else g


def _per_position(g: A, reduction: str, count: float) -> A:
    """Return the gradient at each position, with an axis for the classes; the mean divides g by `count`."""
    if reduction == "none":
        return unsqueeze(g, 1)
    return g / (count or 1) if reduction == "mean" else g


# --- classes --------------------------------------------------------------------------------------------------------


@primitive()
def cross_entropy(x: Array, target: Array, *, reduction: str) -> Array:
    """Compute −log softmax(x)[target] over classes on axis 1, and its mean or sum over all positions."""
    return kernels.cross_entropy(x, target, reduction)


@cross_entropy.vjp(0)
def cross_entropy_vjp_0(g: A, _y: object, x: A, target: A, *, reduction: str) -> A:
    return cross_entropy_input(g, x, target, reduction=reduction)


@primitive()
def cross_entropy_input(g: Array, x: Array, target: Array, *, reduction: str) -> Array:
    """Compute g · (softmax(x) − [class = target]), the gradient of `cross_entropy` with respect to x."""
    return kernels.cross_entropy_input(g, x, target, reduction)


@cross_entropy_input.vjp(0)
def cross_entropy_input_vjp_0(u: A, _gx: object, _g: object, x: A, target: A, *, reduction: str) -> A:
    truth = one_hot(target, num_classes=x.shape[1], dim=1, dtype=x.dtype)
    terms = u * (softmax(x, dim=1) - truth)
    return sum(terms, 1) if reduction == "none" else sum(_per_position(terms, reduction, product(target.shape)))


@cross_entropy_input.vjp(1)
def cross_entropy_input_vjp_1(u: A, _gx: object, g: A, x: A, target: Spec, *, reduction: str) -> A:
    p = softmax(x, dim=1)
    gu = _per_position(g, reduction, product(target.shape)) * u
    return p * (gu - sum(p * gu, 1, keepdim=True))


@primitive()
def soft_cross_entropy(x: Array, q: Array, *, reduction: str, count: float) -> Array:
    """Compute −Σ_c q[c] · log softmax(x)[c] over classes on axis 1; the mean divides the sum by `count`."""
    return kernels.soft_cross_entropy(x, q, reduction, count)


@soft_cross_entropy.vjp(0)
def soft_cross_entropy_vjp_0(g: A, _y: object, x: A, q: A, *, reduction: str, count: float) -> A:
    return _per_position(g, reduction, count) * (softmax(x, dim=1) * sum(q, 1, keepdim=True) - q)


@soft_cross_entropy.vjp(1)
def soft_cross_entropy_vjp_1(g: A, _y: object, x: A, _q: object, *, reduction: str, count: float) -> A:
    return -_per_position(g, reduction, count) * log_softmax(x, dim=1)


@primitive()
def nll_loss(x: Array, target: Array, share: Array, *, reduction: str, count: float) -> Array:
    """Compute −share · x[target] over classes on axis 1; the mean divides the sum by `count`."""
    return kernels.nll_loss(x, target, share, reduction, count)


@nll_loss.vjp(0)
def nll_loss_vjp_0(g: A, _y: object, x: Spec, target: A, share: A, *, reduction: str, count: float) -> A:
    truth = one_hot(target, num_classes=x.shape[1], dim=1, dtype=x.dtype)
    return -_per_position(g, reduction, count) * (truth * unsqueeze(share, 1))


# --- distances ------------------------------------------------------------------------------------------------------


@primitive()
def mse_loss(x: Array, target: Array, *, reduction: str) -> Array:
    """Compute (x − target)² for each element, summed, or averaged."""
    with np.errstate(over="ignore", invalid="ignore"):
        return kernels.reduced(np.square(x - target), reduction)


@mse_loss.vjp(0)
def mse_loss_vjp_0(g: A, _y: object, x: A, target: A, *, reduction: str) -> A:
    return _per_element(g, x.shape, reduction) * (2 * (x - target))


@mse_loss.vjp(1)
def mse_loss_vjp_1(g: A, _y: object, x: A, target: A, *, reduction: str) -> A:
    return -mse_loss_vjp_0(g, None, x, target, reduction=reduction)


@primitive()
def l1_loss(x: Array, target: Array, *, reduction: str) -> Array:
    """Compute |x − target| for each element, summed, or averaged; the gradient where they are equal is 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        return kernels.reduced(np.abs(x - target), reduction)


@l1_loss.vjp(0)
def l1_loss_vjp_0(g: A, _y: object, x: A, target: A, *, reduction: str) -> A:
    return _per_element(g, x.shape, reduction) * sign(x - target)


@l1_loss.vjp(1)
def l1_loss_vjp_1(g: A, _y: object, x: A, target: A, *, reduction: str) -> A:
    return -l1_loss_vjp_0(g, None, x, target, reduction=reduction)


@primitive()
def smooth_l1_loss(x: Array, target: Array, *, reduction: str, beta: float) -> Array:
    """Compute d² / 2β where |d| < β and |d| − β/2 elsewhere, for d = x − target; summed, or averaged."""
    return kernels.reduced(kernels.smooth_l1_loss(x, target, beta), reduction)


@smooth_l1_loss.vjp(0)
def smooth_l1_loss_vjp_0(g: A, _y: object, x: A, target: A, *, reduction: str, beta: float) -> A:
    d = x - target
    return _per_element(g, x.shape, reduction) * where(abs(d) < beta, d / beta, sign(d))


@smooth_l1_loss.vjp(1)
def smooth_l1_loss_vjp_1(g: A, _y: object, x: A, target: A, *, reduction: str, beta: float) -> A:
    return -smooth_l1_loss_vjp_0(g, None, x, target, reduction=reduction, beta=beta)


@primitive()
def huber_loss(x: Array, target: Array, *, reduction: str, delta: float) -> Array:
    """Compute d² / 2 where |d| < δ and δ · (|d| − δ/2) elsewhere, for d = x − target; summed, or averaged."""
    return kernels.reduced(kernels.huber_loss(x, target, delta), reduction)


@huber_loss.vjp(0)
def huber_loss_vjp_0(g: A, _y: object, x: A, target: A, *, reduction: str, delta: float) -> A:
    d = x - target
    return _per_element(g, x.shape, reduction) * where(abs(d) < delta, d, delta * sign(d))


@huber_loss.vjp(1)
def huber_loss_vjp_1(g: A, _y: object, x: A, target: A, *, reduction: str, delta: float) -> A:
    return -huber_loss_vjp_0(g, None, x, target, reduction=reduction, delta=delta)


# --- two classes ----------------------------------------------------------------------------------------------------


def _weighted(g: A, shape: Shape, weight: A | None, reduction: str) -> A:
    """Return the gradient of each loss before weighting."""
    g = _per_element(g, shape, reduction)
    return g if weight is None else g * weight


def _clamped_log(x: A) -> A:
    """Return max(log x, −100) for x ≥ 0; the derivative is 0 where the logarithm is clamped."""
    return maximum(log(x), -100)


def _binary_cross_entropy(x: Array, target: Array, weight: Array | None, *, reduction: str) -> Array:
    """Compute −w · (t · log x + (1 − t) · log(1 − x)) for each element, with logarithms of at least −100."""
    losses = kernels.binary_cross_entropy(x, target)
    return kernels.reduced(losses if weight is None else losses * weight, reduction)


@primitive(_binary_cross_entropy)
def binary_cross_entropy(x: T, target: Values, weight: Values | None, *, reduction: str) -> T: ...


@binary_cross_entropy.vjp(0)
def binary_cross_entropy_vjp_0(g: A, _y: object, x: A, target: A, weight: A | None, *, reduction: str) -> A:
    slope = (x - target) / maximum(x * (1 - x), 1e-12)  # finite at 0 and 1
    return _weighted(g, x.shape, weight, reduction) * slope


@binary_cross_entropy.vjp(1)
def binary_cross_entropy_vjp_1(g: A, _y: object, x: A, _target: object, weight: A | None, *, reduction: str) -> A:
    return _weighted(g, x.shape, weight, reduction) * (_clamped_log(1 - x) - _clamped_log(x))


def _binary_cross_entropy_with_logits(
    x: Array, target: Array, weight: Array | None, pos_weight: Array | None, *, reduction: str
) -> Array:
    """Compute −w · (p · t · log σ(x) + (1 − t) · log(1 − σ(x))) for each element; it does not overflow."""
    losses = kernels.binary_cross_entropy_with_logits(x, target, pos_weight)
    return kernels.reduced(losses if weight is None else losses * weight, reduction)


@primitive(_binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits(
    x: T, target: Operand, weight: Values | None, pos_weight: Values | None, *, reduction: str
) -> T: ...


@binary_cross_entropy_with_logits.vjp(0)
def binary_cross_entropy_with_logits_vjp_0(
    g: A, _y: object, x: A, target: A, weight: A | None, pos_weight: A | None, *, reduction: str
) -> A:
    g = _weighted(g, x.shape, weight, reduction)
    if pos_weight is None:
        return g * (sigmoid(x) - target)
    return g * ((1 + (pos_weight - 1) * target) * sigmoid(x) - pos_weight * target)


@binary_cross_entropy_with_logits.vjp(1)
def binary_cross_entropy_with_logits_vjp_1(
    g: A, _y: object, x: A, _target: object, weight: A | None, pos_weight: A | None, *, reduction: str
) -> A:
    g = _weighted(g, x.shape, weight, reduction)
    if pos_weight is None:
        return g * -x
    surprise = binary_cross_entropy_with_logits(x, 1, None, None, reduction="none")  # −log σ(x)
    return g * ((pos_weight - 1) * surprise - x)
