"""Random tensors whose distribution is given by another tensor: bernoulli, multinomial."""

from __future__ import annotations

from typing import cast

import numpy as np

from tinygrad_cnn._dtypes import is_floating
from tinygrad_cnn.autograd import V, wrap
from tinygrad_cnn.random import Generator, default_generator


def bernoulli(input: V, p: float | None = None, *, generator: Generator | None = None) -> V:
    """Return 1 with the probability given in `input`, or `p`, and 0 otherwise; no gradient flows through it.

    Raises:
        RuntimeError: `input` is not floating point, or not in [0, 1].
    """
    if not is_floating(input.dtype):
        raise RuntimeError(f"bernoulli: expected floating-point probabilities, got {input.dtype}")
    chances = input.array if p is None else np.asarray(p)
    if chances.size and not (chances.min() >= 0 and chances.max() <= 1):
        raise RuntimeError(f"bernoulli: expected probabilities in [0, 1], got {chances.min()} to {chances.max()}")
    drawn = (generator or default_generator).uniform(input.shape, np.dtype(np.float64)) < chances
    return cast(V, wrap(np.asarray(drawn, input.dtype)))


def multinomial(input: V, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> V:
    """Return indices drawn with probabilities in proportion to the weights in each row.

    Args:
        input: non-negative weights, a vector or a matrix; they need not add up to 1.
        num_samples: how many to draw from each row.
        replacement: whether an index may be drawn again.
        generator: the source of random numbers; the default generator if None.

    Raises:
        RuntimeError: the weights are negative, not finite or of another shape, or too few are positive.
    """
    if input.ndim not in (1, 2) or not is_floating(input.dtype):
        raise RuntimeError(
            f"multinomial: expected floating-point weights (n) or (m, n), got {input.shape} of {input.dtype}"
        )
    weights = np.atleast_2d(input.array.astype(np.float64))
    if num_samples < 1:
        raise RuntimeError(f"multinomial: expected num_samples of at least 1, got {num_samples}")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise RuntimeError("multinomial: expected finite weights of at least 0")
    if not (weights.sum(1) > 0).all():
        raise RuntimeError("multinomial: expected a positive weight in each row")
    least = 1 if replacement else num_samples
    if ((weights > 0).sum(1) < least).any():
        raise RuntimeError(f"multinomial: expected at least {least} positive weights in each row; use replacement=True")
    source = (generator or default_generator).numpy
    if replacement:
        edges = np.cumsum(weights, 1)
        drawn = source.random((len(weights), num_samples)) * edges[:, -1:]
        found = [np.searchsorted(row, one, "right") for row, one in zip(edges, drawn, strict=True)]
        index = np.asarray(found, np.int64).reshape(len(weights), num_samples)
    else:  # exponential waiting times with rates `weights`: the smallest are a draw
        with np.errstate(divide="ignore"):
            rings = source.standard_exponential(weights.shape) / weights
        index = np.argsort(rings, 1, kind="stable")[:, :num_samples]
    return cast(V, wrap(np.asarray(index if input.ndim == 2 else index[0])))
