"""Calls of the compiled convolutions; `tinygrad_cnn.kernels.conv` says what each computes.

Each picks the kernel for the shape: Winograd's for 3×3 windows with enough channels and places, else the direct one.
The limits are those at which `python -m benchmarks.convolutions` finds the two level.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array, Padding2d, Pair, Shape
from tinygrad_cnn.autograd import Node
from tinygrad_cnn.backends.winograd_switch import winograd
from tinygrad_cnn.fast.arrays import float32
from tinygrad_cnn.fast.dispatch import numpy_kernels
from tinygrad_cnn.fast.fusion import fused_relu
from tinygrad_cnn.fast.memory import empty
from tinygrad_cnn.fast.native import DONE, declined, native
from tinygrad_cnn.fast.relu_mask import MaskedGradient
from tinygrad_cnn.fast.windows import as_given
from tinygrad_cnn.kernels.windows import lift, output_size

_conv2d, _winograd_conv2d, _all_gradients = native.conv2d, native.winograd_conv2d, native.conv2d_gradients

_ONE = (1, 1)
_SEARCH_AS_WORK, _LEAST_SEARCH = 4, 2**20  # `_search` may take as much as the work, and that much in any case
_LEAST_CHANNELS = 12  # below, turning channels along vectors costs more than it saves
_WEIGHTS_AS_PLACES = 12  # transforming the weights takes as long as this many places of the output
_MOST_COLUMNS = 2**18  # of the output, and
_MOST_OFFSET = 2**28  # floats to a row of tiles or of weights: kernels find them by 32-bit offsets


def _winograd(
    w_shape: Shape, images: int, size: Shape, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> bool:
    """Tell whether Winograd's kernel is the one for windows of `w_shape` with `size` places in each image."""
    o, c, kh, kw = w_shape
    if not winograd.enabled or kh != 3 or kw != 3 or c < _LEAST_CHANNELS or o < _LEAST_CHANNELS:
        return False
    if size[1] > _MOST_COLUMNS or max(size[1], c, o) * max(c, o) > _MOST_OFFSET:
        return False
    (top, bottom), (left, right) = padding
    computed = 16 * -(-size[0] // 4) * -(-size[1] // 4)  # tiles of 4×4, each a quarter of the direct kernel's work
    return (
        stride == _ONE == dilation
        and groups == 1
        and images * (size[0] * size[1] - computed // 4) > _WEIGHTS_AS_PLACES
        and min(top, bottom, left, right) >= 0
        and max(top, bottom, left, right) <= 2
    )


@lru_cache(maxsize=1024)
def _forward(
    x: Shape, w: Shape, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> tuple[Shape, bool, tuple[int, ...]]:
    """Return the shape of y, whether Winograd's kernel makes it, and the numbers that the other takes.

    There are none if the geometry is not for it.
    """
    (top, bottom), (left, right) = padding
    oh = output_size(x[2], w[2], stride[0], top, bottom, dilation[0])
    ow = output_size(x[3], w[3], stride[1], left, right, dilation[1])
    transformed = _winograd(w, x[0], (oh, ow), stride, padding, dilation, groups)
    return (x[0], w[0], oh, ow), transformed, _numbers(x, w, (oh, ow), stride, padding, dilation, groups)


def _numbers(
    x: Shape, w: Shape, outputs: Shape, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> tuple[int, ...]:
    found = as_given(x[2:], w[2:], stride, padding, dilation, outputs)
    return (*found, groups) if found else ()


def conv2d(
    x: Array, w: Array, b: Array | None, *, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> Array:
    """Compute `kernels.conv2d`, and the ReLU after it where `fused_relu` asks for that."""
    if x.dtype == float32:
        shape, transformed, numbers = _forward(x.shape, w.shape, stride, padding, dilation, groups)
        if numbers:
            y = empty(shape, float32)
            relu = fused_relu.operand is w
            if transformed:
                answer = _winograd_conv2d(x, w, b, y, numbers[2], numbers[3], relu)
            else:
                answer = _conv2d(x, w, b, y, *numbers, relu)
            if answer == DONE:
                if relu:
                    fused_relu.output = y
                return y
            again = declined("conv2d", answer, x, w, b)
            if again is not None and 0 not in shape:
                return conv2d(*again, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return numpy_kernels["conv2d"](x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv1d(x: Array, w: Array, b: Array | None, **how: Any) -> Array:
    """Compute `kernels.conv1d`: one row of `conv2d`."""
    return conv2d(x[:, :, None], w[:, :, None], b, **lift(how))[:, :, 0]


@lru_cache(maxsize=1024)
def _backward(
    g: Shape, x: Shape | None, w: Shape | None, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> tuple[int, ...]:
    """Return the numbers that the joint gradients take; the shapes are None where no gradient depends on them.

    There are none if the geometry is not for the kernels.
    """
    if x is None or w is None:
        return (1, 1, 0, 0, 1, 1, 1, False, False)
    how = (stride, padding, dilation, groups)
    transformed_x, transformed_w = _winograd(w, g[0], x[2:], *how), _winograd(w, g[0], g[2:], *how)
    found = _numbers(x, w, g[2:], *how)
    if not found or _search(x, w, found) > _SEARCH_AS_WORK * (prod(x) + prod(g) * prod(w[1:])) + _LEAST_SEARCH:
        return ()
    return (*found, transformed_x, transformed_w)


def _search(x: Shape, w: Shape, numbers: tuple[int, ...]) -> int:
    """Return how often the input gradient asks whether a tap of a window meets a phase of the stride."""
    return min(numbers[0], x[2]) * min(numbers[1], x[3]) * prod(w) // numbers[6]


winograd.on_change(_forward.cache_clear)
winograd.on_change(_backward.cache_clear)


def _gradients(
    g: Array, relu_mask: Array | None, x: Any, w: Any, to_x: Shape | None, to_w: Shape | None, to_b: bool,
    stride: Pair, padding: Padding2d, dilation: Pair, groups: int,
) -> list[Array | None] | None:  # fmt: skip
    """Return gx and gw of the shapes `to_x` and `to_w`, None where that is None, and gb if `to_b`; or None for all."""
    if g.dtype != float32:
        return None
    size = to_x if x is None else x.shape
    numbers = _backward(g.shape, size, to_w if w is None else w.shape, stride, padding, dilation, groups)
    if not numbers:
        return None
    gx = None if to_x is None else empty(to_x, float32)
    gw = None if to_w is None else empty(to_w, float32)
    gb = empty((g.shape[1],), float32) if to_b else None
    answer = _all_gradients(g, relu_mask, x, w, gx, gw, gb, *numbers)
    if answer == DONE:
        return [gx, gw, gb]
    again = declined("conv2d_gradients", answer, g, relu_mask, x, w)
    if again is None or (to_x is not None and 0 in to_x) or (to_w is not None and 0 in to_w):
        return None
    g, relu_mask, x, w = again
    return _gradients(g, relu_mask, x, w, to_x, to_w, to_b, stride, padding, dilation, groups)


def conv2d_gradients(node: Node, g: object, wanted: Sequence[bool]) -> list[Array | None] | None:
    """Return the gradients of `conv2d` that are `wanted`, or None where the VJPs are to compute them.

    Args:
        node: of the operation; of its arguments x and w only the shapes, or None, where they are not needed.
        g: the gradient of the output, or a `MaskedGradient`, the gradient of a ReLU of the output.
        wanted: for x, w and b.
    """
    relu_mask = None
    if isinstance(g, MaskedGradient):
        relu_mask, g = g.y, g.g
    if not isinstance(g, np.ndarray):
        return None
    assert node.args is not None  # or the walk would have refused the graph
    x, w, _ = node.args
    to_x, to_w, to_b = wanted
    shape_x, shape_w = x.shape if to_x else None, w.shape if to_w else None
    return _gradients(g, relu_mask, x if to_w else None, w if to_x else None, shape_x, shape_w, to_b, **node.attrs)


def conv2d_input(
    g: Array, w: Array, *, input_size: Shape, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> Array:
    """Compute `kernels.conv2d_input`."""
    to_x = (g.shape[0], w.shape[1] * groups, *input_size)
    found = _gradients(g, None, None, w, to_x, None, False, stride, padding, dilation, groups)
    if found is not None and found[0] is not None:
        return found[0]
    return numpy_kernels["conv2d_input"](
        g, w, input_size=input_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def conv_transpose2d(x: Array, w: Array, b: Array | None, **how: Any) -> Array:
    """Compute `kernels.conv_transpose2d`: `conv2d_input` with a bias."""
    y = conv2d_input(x, w, **how)
    if b is not None:
        y += b[:, None, None]
    return y


def conv2d_weight(
    x: Array, g: Array, *, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> Array:
    """Compute `kernels.conv2d_weight`."""
    to_w = (g.shape[1], x.shape[1] // groups, *kernel_size)
    found = _gradients(g, None, x, None, None, to_w, False, stride, padding, dilation, groups)
    if found is not None and found[1] is not None:
        return found[1]
    return numpy_kernels["conv2d_weight"](
        x, g, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
