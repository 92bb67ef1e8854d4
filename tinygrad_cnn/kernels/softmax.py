"""Softmax and log-softmax, which never overflow.

Scores that are infinite give NaN in silence, as everywhere in the package: ∞ − ∞.
"""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels.total import total


@np.errstate(over="ignore", invalid="ignore")
def softmax(x: Array, dim: int) -> Array:
    """Return exp(x) / Σ exp(x) along `dim`."""
    e = np.exp(x - top(x, dim))
    return e / total(e, _axis(x, dim), True)


@np.errstate(divide="ignore", over="ignore", invalid="ignore")  # the logarithm of an empty sum is −∞
def log_softmax(x: Array, dim: int) -> Array:
    """Return x − log Σ exp(x) along `dim`."""
    shifted = x - top(x, dim)
    return shifted - np.log(total(np.exp(shifted), _axis(x, dim), True))


def _axis(x: Array, dim: int) -> tuple[int, ...]:
    """Return the axis `dim`, which may be negative, as a tuple; an empty one for a 0-d array."""
    return tuple(range(x.ndim))[dim:][:1]


def top(x: Array, dim: int) -> Array:
    """Return the maximum along `dim`; subtracting it makes every exponent ≤ 0 and does not change the result."""
    if not x.size:
        return np.zeros([1 if i == dim % x.ndim else size for i, size in enumerate(x.shape)], x.dtype)
    return np.max(x, axis=dim, keepdims=True)
