"""Standardisation over chosen axes, its gradients, and the normalisations based on it.

Over the axes `dims`, with M elements, m(·) the mean over them and r = 1/√(var + eps):

    x̂  = r·(x − m(x))                          standardize
    gx = w·r·(g − m(g) − x̂·m(g·x̂))            standardize_input, for y = w·x̂ with w constant over `dims`
    gw = Σ g·x̂                                standardize_dot

Source: Ioffe, Szegedy, "Batch Normalization", 2015, section 3.
"""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.kernels.total import dot, total

Dims = tuple[int, ...]


def count(shape: Shape, dims: Dims) -> int:
    """Return how many elements are averaged over."""
    elements = 1
    for dim in dims:
        elements *= shape[dim]
    return elements


def channels(b: Array, ndim: int) -> Array:
    """Return `b` (C,) so that it broadcasts along axis 1 of `ndim`."""
    return b.reshape((1, -1) + (1,) * (ndim - 2))


def _centre(x: Array, dims: Dims) -> tuple[Array, Array, Array]:
    """Return x − m(x), m(x) and the biased variance, in two passes so that a large mean costs no accuracy."""
    m = count(x.shape, dims) or 1  # without elements, any finite statistics will do
    mean = np.true_divide(total(x, dims, True), m, dtype=x.dtype)
    centred = x - mean
    return centred, mean, np.true_divide(dot(centred, centred, dims, True), m, dtype=x.dtype)


def _rstd(var: Array, eps: float) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):  # eps = 0, or a negative running variance
        return np.true_divide(1, np.sqrt(var + eps), dtype=var.dtype)


def standardize(
    x: Array, *, dims: Dims, eps: float, mean: Array | None = None, var: Array | None = None
) -> tuple[Array, Array, Array]:
    """Return x̂, and the mean and biased variance it was computed with; given ones are not computed again."""
    if mean is None or var is None:
        y, mean, var = _centre(x, dims)
    else:
        y = x - mean
    y *= _rstd(var, eps)
    return y, mean, var


def standardize_input(
    g: Array, x: Array, w: Array | None, *, dims: Dims, eps: float, mean: Array, var: Array
) -> Array:  # fmt: skip
    """Return the gradient of y = w·x̂ with respect to x; `mean` and `var` are those of x over `dims`."""
    r = _rstd(var, eps)
    m = count(x.shape, dims) or 1
    gx = x - mean
    gx *= dot(g, gx, dims, True) * (r * r / -m)
    gx += g
    gx -= total(g, dims, True) / m
    gx *= r if w is None else r * w
    return gx


def standardize_dot(g: Array, x: Array, *, dims: Dims, eps: float, mean: Array, var: Array) -> Array:
    """Return Σ g·x̂ over `dims`, kept with length 1."""
    return dot(g, x - mean, dims, True) * _rstd(var, eps)


def batch_norm(
    x: Array, w: Array | None, b: Array | None, mean: Array | None, var: Array | None, *, eps: float
) -> tuple[Array, Array | None, Array | None]:
    """Return y = w·x̂ + b for each channel of x (N, C, ...).

    Args:
        w, b: (C,) or None.
        mean, var: (C,), statistics to use instead of the batch's; or None.

    Returns:
        y, and the batch's mean and biased variance, (1, C, 1, ...), where they were used.
    """
    batch_mean = batch_var = None
    if mean is None or var is None:
        y, batch_mean, batch_var = _centre(x, (0, *range(2, x.ndim)))
        scale = _rstd(batch_var, eps)
    else:
        y = x - channels(mean, x.ndim)
        scale = channels(_rstd(var, eps), x.ndim)
    y *= scale if w is None else scale * channels(w, x.ndim)
    if b is not None:
        y += channels(b, x.ndim)
    return y, batch_mean, batch_var


def follow(running_mean: Array, running_var: Array, mean: Array, var: Array, share: float, correction: float) -> None:
    """Move running statistics by `share` of the way to `mean` and to `var` · `correction`, in place.

    All four arrays have the same number of elements; `mean` and `var` may have further axes of length 1.
    """
    if not (running_mean.flags.writeable and running_var.flags.writeable):
        raise ValueError("running statistics are read-only: neither has moved")
    running_mean += share * (mean.reshape(running_mean.shape) - running_mean)
    running_var += share * (var.reshape(running_var.shape) * correction - running_var)


def layer_norm(
    x: Array, w: Array | None, b: Array | None, *, normalized_shape: Shape, eps: float
) -> tuple[Array, Array, Array]:
    """Return y = w·x̂ + b with x̂ over the last axes, and their means and variances.

    Args:
        w, b: of `normalized_shape`, or None.
    """
    y, mean, var = standardize(x, dims=tuple(range(x.ndim - len(normalized_shape), x.ndim)), eps=eps)
    if w is not None:
        y *= w
    if b is not None:
        y += b
    return y, mean, var


def group_norm(
    x: Array, w: Array | None, b: Array | None, *, num_groups: int, eps: float
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Return y = w·x̂ + b with x̂ over each group of channels of each image, and their means and variances.

    Args:
        x: (N, C, ...), w, b: (C,) or None.

    Returns:
        y, and mean and variance as (N, G, 1).
    """
    n, g = x.shape[0], num_groups
    y, mean, var = standardize(x.reshape(n, g, count(x.shape, tuple(range(1, x.ndim))) // g), dims=(2,), eps=eps)
    y = y.reshape(x.shape)
    if w is not None:
        y *= channels(w, x.ndim)
    if b is not None:
        y += channels(b, x.ndim)
    return y, mean, var
