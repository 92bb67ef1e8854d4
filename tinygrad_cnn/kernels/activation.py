"""ReLU, its gradient, the sigmoid, and `select`, a fast `np.where` that they use."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array, Scalar

_SMALL = 4096
"""For arrays with fewer elements, `np.where` is as fast."""
_BITS = {2: np.int16, 4: np.int32, 8: np.int64}


def select(mask: Array, x: Array | Scalar, other: Array | Scalar) -> Array:
    """Return x where `mask` holds and other elsewhere, broadcast: as `np.where`.

    Floats are treated as bits: other ⊕ ((x ⊕ other) ∧ mask), with −1 or 0 for the mask. `np.where` branches at each
    element, which takes about eight times as long for masks without a pattern, such as the signs of activations.
    """
    dtype = np.result_type(x, other)
    if mask.size < _SMALL or dtype.kind != "f" or mask.dtype.kind != "b":
        return np.where(mask, x, other)
    bits = _BITS[dtype.itemsize]
    ours, others = np.asarray(x, dtype).view(bits), np.asarray(other, dtype).view(bits)
    chosen = (ours ^ others) & -mask.view(np.int8)
    chosen ^= others
    return chosen.view(dtype)


def relu(x: Array) -> Array:
    """Return max(x, 0); NaN stays."""
    return np.maximum(x, 0)


def relu_input(g: Array, y: Array) -> Array:
    """Return the gradient of y = relu(x) with respect to x: 0 where y ≤ 0, g elsewhere, so also where y is NaN."""
    return select(y <= 0, 0, g)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + e⁻ˣ); only e^−|x| is ever computed, so small results keep their relative accuracy."""
    e = np.exp(-np.abs(x))
    return select(x >= 0, 1, e) / (1 + e)
