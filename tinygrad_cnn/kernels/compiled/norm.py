"""Calls of the compiled batch normalisation; `tinygrad_cnn.kernels.norm` says what each kernel computes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tinygrad_cnn._buffers import empty
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.kernels.compiled.arrays import contiguous, float32, usable
from tinygrad_cnn.kernels.compiled.native import native

__all__ = ["batch_norm", "batch_norm_gradients", "standardize_dot", "standardize_input"]

_batch_norm, _batch_norm_given, _gradients = native.batch_norm, native.batch_norm_given, native.batch_norm_gradients

_LEAST_PLACES = 8
"""With fewer in a channel of an image, most of every vector would be empty, and NumPy is faster."""


def _per_channel(x: Array, *arrays: Array | None) -> bool:
    """Tell whether `arrays` have an element for each channel of x and nothing else."""
    return all(a is None or (a.size == x.shape[1] and (a.ndim == 1 or a.shape[1] == a.size)) for a in arrays)


def _batched(x: Array) -> bool:
    return usable(x) and x.ndim > 2 and prod(x.shape[2:]) >= _LEAST_PLACES


def _flat(a: Array | None) -> Array | None:
    return None if a is None else contiguous(a)


def batch_norm(
    x: Array, w: Array | None, b: Array | None, mean: Array | None, var: Array | None, *, eps: float, relu: bool = False
) -> Any:
    """Compute `kernels.batch_norm`, and the larger of it and 0 with `relu`."""
    if not (_batched(x) and usable(w, b, mean, var) and _per_channel(x, w, b, mean, var)):
        return NotImplemented
    y = empty(x.shape, float32)
    if mean is not None and var is not None:
        _batch_norm_given(contiguous(x), _flat(w), _flat(b), contiguous(mean), contiguous(var), y, eps, relu)
        return y, None, None
    shape = (1, x.shape[1]) + (1,) * (x.ndim - 2)
    mean, var = np.empty(shape, float32), np.empty(shape, float32)
    _batch_norm(contiguous(x), _flat(w), _flat(b), mean, var, y, eps, relu)
    return y, mean, var


def batch_norm_gradients(
    g: Array, gate: Array | None, x: Array, w: Array | None, mean: Array, var: Array, eps: float
) -> Any:
    """Compute `kernels.batch_norm_gradients`."""
    if not (_fits(g, x, w, mean, var) and usable(gate) and (gate is None or gate.shape == x.shape)):
        return NotImplemented
    gx, gw, gb = empty(x.shape, float32), np.empty(x.shape[1], float32), np.empty(x.shape[1], float32)
    _gradients(contiguous(g), _flat(gate), contiguous(x), _flat(w), contiguous(mean), contiguous(var), gx, gw, gb, eps)
    return gx, gw, gb


def _fits(g: Array, x: Array, w: Array | None, mean: Array, var: Array) -> bool:
    return _batched(x) and usable(g, w, mean, var) and g.shape == x.shape and _per_channel(x, w, mean, var)


def _over_channels(x: Array, dims: Shape) -> bool:
    return dims == (0, *range(2, x.ndim))


def standardize_input(
    g: Array, x: Array, w: Array | None, *, dims: Shape, eps: float, mean: Array, var: Array
) -> Any:  # fmt: skip
    """Compute `kernels.standardize_input` where it averages over all but the channels."""
    if not (_over_channels(x, dims) and _fits(g, x, w, mean, var)):
        return NotImplemented
    gx = empty(x.shape, float32)
    _gradients(
        contiguous(g), None, contiguous(x), _flat(w), contiguous(mean), contiguous(var), gx, None, None, eps
    )  # fmt: skip
    return gx


def standardize_dot(g: Array, x: Array, *, dims: Shape, eps: float, mean: Array, var: Array) -> Any:
    """Compute `kernels.standardize_dot` where it sums over all but the channels."""
    if not (_over_channels(x, dims) and _fits(g, x, None, mean, var)):
        return NotImplemented
    gw = np.empty((1, x.shape[1]) + (1,) * (x.ndim - 2), float32)
    _gradients(
        contiguous(g), None, contiguous(x), None, contiguous(mean), contiguous(var), None, gw, None, eps
    )  # fmt: skip
    return gw
