"""Sigmoid, softmax, log-softmax and cross-entropy, none of which overflows."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + e⁻ˣ); only e^−|x| is ever computed, so small results keep their relative accuracy."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def softmax(x: Array, dim: int) -> Array:
    """Return exp(x) / Σ exp(x) along `dim`."""
    e = np.exp(x - _top(x, dim))
    return e / e.sum(axis=dim, keepdims=True)


def log_softmax(x: Array, dim: int) -> Array:
    """Return x − log Σ exp(x) along `dim`."""
    shifted = x - _top(x, dim)
    return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))


def cross_entropy(x: Array, target: Array, reduction: str) -> Array:
    """Return −log softmax(x)[target] along axis 1: for each place, summed, or averaged over all places.

    Args:
        x: (N, C, ...) scores.
        target: (N, ...) class indices in [0, C).
        reduction: "none", "sum" or "mean".
    """
    shifted = x - _top(x, 1)
    chosen = np.take_along_axis(shifted, np.expand_dims(target, 1), 1).squeeze(1)
    loss = np.log(np.exp(shifted).sum(axis=1)) - chosen
    if reduction == "none":
        return loss
    with np.errstate(invalid="ignore"):  # the mean of nothing is NaN
        return loss.sum() if reduction == "sum" else np.true_divide(loss.sum(), loss.size)


def _top(x: Array, dim: int) -> Array:
    """Return the maximum along `dim`, which subtracting leaves the result as it is and every exponent ≤ 0."""
    if not x.size:
        return np.zeros([1 if i == dim % x.ndim else size for i, size in enumerate(x.shape)], x.dtype)
    return np.max(x, axis=dim, keepdims=True)
