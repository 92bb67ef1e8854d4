"""Calls of the compiled batch normalisation; `tinygrad_cnn.kernels.norm` defines what each function computes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import Node
from tinygrad_cnn.fast.arrays import float32
from tinygrad_cnn.fast.dispatch import numpy_kernels
from tinygrad_cnn.fast.fusion import fused_relu
from tinygrad_cnn.fast.memory import empty
from tinygrad_cnn.fast.native import DONE, declined, native
from tinygrad_cnn.fast.relu_mask import MaskedGradient

_batch_norm, _batch_norm_given, _gradients = native.batch_norm, native.batch_norm_given, native.batch_norm_gradients


def _batched(x: Array) -> bool:
    """Return whether x may be a float32 array (N, C, ...); the kernels check the rest themselves."""
    return x.dtype == float32 and x.ndim >= 2


def _kept(x: Array) -> Shape:
    """Return the shape of x with length 1 for all axes but the channels."""
    return (1, x.shape[1]) + (1,) * (x.ndim - 2)


def batch_norm(
    x: Array, w: Array | None, b: Array | None, mean: Array | None, var: Array | None, *, eps: float
) -> tuple[Array, Array | None, Array | None]:
    """Compute `kernels.batch_norm`, and the ReLU after it if `fused_relu` asks for it."""
    if _batched(x):
        y = empty(x.shape, float32)
        batch_mean = batch_var = None
        relu = fused_relu.operand is x
        if mean is None or var is None:
            batch_mean, batch_var = np.empty(_kept(x), float32), np.empty(_kept(x), float32)
            answer = _batch_norm(x, w, b, batch_mean, batch_var, y, eps, relu)
        else:
            answer = _batch_norm_given(x, w, b, mean, var, y, eps, relu)
        if answer == DONE:
            if relu:
                fused_relu.output = y
            return y, batch_mean, batch_var
        again = declined("batch_norm", answer, x, w, b, mean, var)
        if again is not None:
            return batch_norm(*again, eps=eps)
    return numpy_kernels["batch_norm"](x, w, b, mean, var, eps=eps)


def differentiate(
    wanted: Sequence[bool], eps: float, g: Array, relu_mask: Array | None, x: Array, w: Array | None, mean: Array,
    var: Array,
) -> list[Array | None] | None:  # fmt: skip
    """Return gx, gw (C,) and gb (C,), None for those not `wanted`; or None if the kernel declines."""
    if not _batched(x) or g.shape != x.shape:
        return None
    to_x, to_w, to_b = wanted
    gx = empty(x.shape, float32) if to_x else None
    gw = np.empty(x.shape[1], float32) if to_w else None
    gb = np.empty(x.shape[1], float32) if to_b else None
    answer = _gradients(g, relu_mask, x, w, mean, var, gx, gw, gb, eps)
    if answer == DONE:
        return [gx, gw, gb]
    again = declined("batch_norm_gradients", answer, g, relu_mask, x, w, mean, var)
    return None if again is None else differentiate(wanted, eps, *again)


def batch_norm_gradients(node: Node, g: object, wanted: Sequence[bool]) -> list[Array | None] | None:
    """Return the `wanted` gradients of `batch_norm` by the statistics of the batch.

    Return None, for the VJPs to run, if that of x is not wanted, statistics were given, or the kernel declines.

    Args:
        node: that of the operation, with the statistics of the batch.
        g: the gradient of the output, or a `MaskedGradient`, the gradient of a ReLU of the output.
        wanted: whether the gradients of x, w, b and the running statistics are wanted.
    """
    relu_mask = None
    if isinstance(g, MaskedGradient):
        relu_mask, g = g.y, g.g
    assert node.args is not None  # the walk checked it
    x, w, _, mean, var = node.args
    if not isinstance(g, np.ndarray) or mean is not None or var is not None or not wanted[0]:
        return None
    aux = node.aux
    assert aux is not None
    found = differentiate(wanted[:3], node.attrs["eps"], g, relu_mask, x, w, aux["batch_mean"], aux["batch_var"])
    return None if found is None else [*found, None, None]


def _over_channels(x: Array, dims: Shape) -> bool:
    return dims == (0, *range(2, x.ndim))


def standardize_input(
    g: Array, x: Array, w: Array | None, *, dims: Shape, eps: float, mean: Array, var: Array
) -> Array:  # fmt: skip
    """Compute `kernels.standardize_input`, in C if it averages over all but the channels."""
    if _over_channels(x, dims):
        found = differentiate((True, False, False), eps, g, None, x, w, mean, var)
        if found is not None and found[0] is not None:
            return found[0]
    return numpy_kernels["standardize_input"](g, x, w, dims=dims, eps=eps, mean=mean, var=var)


def standardize_dot(g: Array, x: Array, *, dims: Shape, eps: float, mean: Array, var: Array) -> Array:
    """Compute `kernels.standardize_dot`, in C if it sums over all but the channels."""
    if _over_channels(x, dims):
        found = differentiate((False, True, False), eps, g, None, x, None, mean, var)
        if found is not None and found[1] is not None:
            return found[1].reshape(_kept(x))
    return numpy_kernels["standardize_dot"](g, x, dims=dims, eps=eps, mean=mean, var=var)
