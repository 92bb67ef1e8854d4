"""Losses that are one operation: fused forward, closed-form gradient."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._types import A, Array, DType
from tinygrad_cnn.autograd import primitive
from tinygrad_cnn.ops.activation import softmax
from tinygrad_cnn.ops.shape import product, unsqueeze


@primitive("one_hot", differentiable=False)
def one_hot(target: Array, *, num_classes: int, dim: int, dtype: DType) -> Array:
    """Return 1 where the index along the new axis `dim`, of length `num_classes`, equals `target`, and 0 elsewhere."""
    places = np.expand_dims(target, dim)
    classes = np.arange(num_classes).reshape([-1 if i == dim else 1 for i in range(places.ndim)])
    return (places == classes).astype(dtype)


@primitive()
def cross_entropy(x: Array, target: Array, *, reduction: str) -> Array:
    """Compute −log softmax(x)[target] over classes on axis 1, and its mean or sum over all places."""
    return kernels.cross_entropy(x, target, reduction)


@cross_entropy.vjp(0)
def cross_entropy_vjp_0(g: A, _y: object, x: A, target: A, *, reduction: str) -> A:
    upstream = unsqueeze(g, 1) if reduction == "none" else g
    if reduction == "mean":
        upstream = upstream / (product(target.shape) or 1)
    truth = one_hot(target, num_classes=x.shape[1], dim=1, dtype=x.dtype)
    return upstream * (softmax(x, dim=1) - truth)


@primitive()
def mse_loss(x: Array, target: Array, *, reduction: str) -> Array:
    """Compute (x − target)² for each element, summed, or averaged."""
    squares = np.square(x - target)
    if reduction == "none":
        return squares
    with np.errstate(invalid="ignore"):  # the mean of nothing is NaN
        return squares.sum() if reduction == "sum" else np.true_divide(squares.sum(), squares.size)


@mse_loss.vjp(0)
def mse_loss_vjp_0(g: A, _y: object, x: A, target: A, *, reduction: str) -> A:
    upstream = g / (product(x.shape) or 1) if reduction == "mean" else g
    return upstream * (2 * (x - target))


@mse_loss.vjp(1)
def mse_loss_vjp_1(g: A, _y: object, x: A, target: A, *, reduction: str) -> A:
    return -mse_loss_vjp_0(g, None, x, target, reduction=reduction)
