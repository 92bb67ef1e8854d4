"""Calls of the compiled batch normalisation; `tinygrad_cnn.kernels.norm` says what each kernel computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_cnn._buffers import empty
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.kernels.compiled.arrays import float32
from tinygrad_cnn.kernels.compiled.native import DONE, declined, native

__all__ = ["batch_norm", "batch_norm_gradients", "follow", "standardize_dot", "standardize_input"]

_batch_norm, _batch_norm_given, _gradients = native.batch_norm, native.batch_norm_given, native.batch_norm_gradients
_follow = native.follow


def _batched(x: Array) -> bool:
    """Tell whether x may be (N, C, ...) as kernels take it; they look at the rest themselves."""
    return x.dtype == float32 and x.ndim >= 2


def _kept(x: Array) -> Shape:
    """Return the shape of x with all axes but the channels of length 1."""
    return (1, x.shape[1]) + (1,) * (x.ndim - 2)


def batch_norm(
    x: Array, w: Array | None, b: Array | None, mean: Array | None, var: Array | None, *, eps: float, relu: bool = False
) -> Any:
    """Compute `kernels.batch_norm`, and the larger of it and 0 with `relu`."""
    if not _batched(x):
        return NotImplemented
    y = empty(x.shape, float32)
    batch_mean = batch_var = None
    if mean is None or var is None:
        batch_mean, batch_var = np.empty(_kept(x), float32), np.empty(_kept(x), float32)
        answer = _batch_norm(x, w, b, batch_mean, batch_var, y, eps, relu)
    else:
        answer = _batch_norm_given(x, w, b, mean, var, y, eps, relu)
    if answer == DONE:
        return y, batch_mean, batch_var
    again = declined("batch_norm", answer, x, w, b, mean, var)
    return NotImplemented if again is None else batch_norm(*again, eps=eps, relu=relu)


def _differentiate(
    wanted: Sequence[bool], eps: float, g: Array, gate: Array | None, x: Array, w: Array | None, mean: Array, var: Array
) -> Any:
    """Return gx, gw (C,) and gb (C,), None for those not `wanted`."""
    if not _batched(x) or g.shape != x.shape or not (gate is None or gate.shape == x.shape):
        return NotImplemented
    to_x, to_w, to_b = wanted
    gx = empty(x.shape, float32) if to_x else None
    gw = np.empty(x.shape[1], float32) if to_w else None
    gb = np.empty(x.shape[1], float32) if to_b else None
    answer = _gradients(g, gate, x, w, mean, var, gx, gw, gb, eps)
    if answer == DONE:
        return gx, gw, gb
    again = declined("batch_norm_gradients", answer, g, gate, x, w, mean, var)
    return NotImplemented if again is None else _differentiate(wanted, eps, *again)


def batch_norm_gradients(
    g: Array, gate: Array | None, x: Array, w: Array | None, mean: Array, var: Array, eps: float
) -> Any:
    """Compute `kernels.batch_norm_gradients`."""
    return _differentiate((True, True, True), eps, g, gate, x, w, mean, var)


def follow(running_mean: Array, running_var: Array, mean: Array, var: Array, share: float, correction: float) -> Any:
    """Compute `kernels.follow`."""
    answer = _follow(running_mean, running_var, mean, var, share, correction)
    return None if answer == DONE else NotImplemented


def _over_channels(x: Array, dims: Shape) -> bool:
    return dims == (0, *range(2, x.ndim))


def standardize_input(
    g: Array, x: Array, w: Array | None, *, dims: Shape, eps: float, mean: Array, var: Array
) -> Any:  # fmt: skip
    """Compute `kernels.standardize_input` where it averages over all but the channels."""
    if not _over_channels(x, dims):
        return NotImplemented
    found = _differentiate((True, False, False), eps, g, None, x, w, mean, var)
    return found if found is NotImplemented else found[0]


def standardize_dot(g: Array, x: Array, *, dims: Shape, eps: float, mean: Array, var: Array) -> Any:
    """Compute `kernels.standardize_dot` where it sums over all but the channels."""
    if not _over_channels(x, dims):
        return NotImplemented
    found = _differentiate((False, True, False), eps, g, None, x, None, mean, var)
    return found if found is NotImplemented else found[1].reshape(_kept(x))
