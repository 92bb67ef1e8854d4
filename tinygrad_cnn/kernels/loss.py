"""Losses: the value at each position, and its sum or mean.

Values that are infinite, too large or NaN give an infinite loss or NaN, without a warning.
"""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels.softmax import log_softmax, softmax, top
from tinygrad_cnn.kernels.total import total

_quiet = np.errstate(over="ignore", invalid="ignore")


@np.errstate(divide="ignore", over="ignore", invalid="ignore")  # the mean of nothing is NaN
def reduced(losses: Array, reduction: str, count: float | None = None) -> Array:
    """Return the losses, their "sum", or for "mean" their sum divided by `count`, which is their number by default."""
    if reduction == "none":
        return losses
    whole = total(losses, tuple(range(losses.ndim)))
    if reduction == "sum":
        return whole
    return np.true_divide(whole, losses.size if count is None else count)


@_quiet
def cross_entropy(x: Array, target: Array, reduction: str) -> Array:
    """Return −log softmax(x)[target] along axis 1: for each position, summed, or averaged over all positions.

    Args:
        x: (N, C, ...) scores.
        target: (N, ...) class indices in [0, C).
        reduction: "none", "sum" or "mean".

    Raises:
        IndexError: a class index is out of range.
    """
    if target.size and not (target.min() >= 0 and target.max() < x.shape[1]):
        raise IndexError(f"cross_entropy: expected class indices in [0, {x.shape[1] - 1}]")
    shifted = x - top(x, 1)
    chosen = np.take_along_axis(shifted, np.expand_dims(target, 1), 1).squeeze(1)
    return reduced(np.log(total(np.exp(shifted), (1,))) - chosen, reduction)


@_quiet
def cross_entropy_input(g: Array, x: Array, target: Array, reduction: str) -> Array:
    """Return the gradient of `cross_entropy` with respect to x: g · (softmax(x) − [class = target]).

    Args:
        g: the gradient of the loss: one number, or (N, ...) for "none".
    """
    gx = softmax(x, 1)
    positions = np.expand_dims(target, 1)
    np.put_along_axis(gx, positions, np.take_along_axis(gx, positions, 1) - 1, 1)
    scale = np.expand_dims(g, 1) if reduction == "none" else g
    return gx * (scale / max(target.size, 1) if reduction == "mean" else scale)


@_quiet
def soft_cross_entropy(x: Array, q: Array, reduction: str, count: float) -> Array:
    """Return −Σ_c q[c] · log softmax(x)[c] along axis 1: for each position, summed, or the sum divided by `count`.

    A class of weight q = 0 counts for nothing, even where its probability is 0: 0 · log 0 = 0.
    """
    terms = q * np.where(q == 0, 0, log_softmax(x, 1))
    return reduced(-total(terms, (1,)), reduction, count)


@_quiet
def nll_loss(x: Array, target: Array, share: Array, reduction: str, count: float) -> Array:
    """Return −share · x[target] along axis 1: for each position, summed, or the sum divided by `count`.

    Args:
        x: (N, C, ...) log-probabilities.
        target: (N, ...) class indices in [0, C).
        share: (N, ...) factors; a position whose factor is 0 counts for nothing, even where x[target] = −∞.
        reduction: "none", "sum" or "mean".
        count: what the mean divides by.
    """
    chosen = np.take_along_axis(x, np.expand_dims(target, 1), 1).squeeze(1)
    return reduced(-np.where(share == 0, 0, chosen) * share, reduction, count)


@_quiet
def smooth_l1_loss(x: Array, target: Array, beta: float) -> Array:
    """Return d² / 2β where |d| < β and |d| − β/2 elsewhere, for d = x − target."""
    distance = np.abs(x - target)
    return np.where(distance < beta, distance * distance / (2 * beta), distance - beta / 2)


@_quiet
def huber_loss(x: Array, target: Array, delta: float) -> Array:
    """Return d² / 2 where |d| < δ and δ · (|d| − δ/2) elsewhere, for d = x − target."""
    distance = np.abs(x - target)
    return np.where(distance < delta, distance * distance / 2, delta * (distance - delta / 2))


@np.errstate(divide="ignore", invalid="ignore")
def binary_cross_entropy(x: Array, target: Array) -> Array:
    """Return −(t · log x + (1 − t) · log(1 − x)), with logarithms of at least −100."""
    return (target - 1) * np.maximum(np.log1p(-x), -100) - target * np.maximum(np.log(x), -100)


@_quiet
def binary_cross_entropy_with_logits(x: Array, target: Array, pos_weight: Array | None) -> Array:
    """Return −(p · t · log σ(x) + (1 − t) · log(1 − σ(x))); only e^−|x| is ever computed."""
    softplus = np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))  # −log σ(x)
    return (1 - target) * x + (softplus if pos_weight is None else (1 + (pos_weight - 1) * target) * softplus)
