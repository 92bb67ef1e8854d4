"""Calls of the compiled convolutions; `tinygrad_cnn.kernels.conv` says what each computes.

Each picks the kernel for the shape: Winograd's for 3×3 windows with enough channels and places, else the direct one.
The limits are those at which `python -m benchmarks.convolutions` finds the two level.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

from tinygrad_cnn._buffers import empty
from tinygrad_cnn._types import Array, Padding2d, Pair, Shape
from tinygrad_cnn.kernels.compiled.arrays import float32
from tinygrad_cnn.kernels.compiled.native import DONE, declined, native
from tinygrad_cnn.kernels.compiled.windows import as_given
from tinygrad_cnn.kernels.windows import output_size
from tinygrad_cnn.kernels.winograd import winograd

__all__ = ["conv2d", "conv2d_bias", "conv2d_gradients", "conv2d_input", "conv2d_weight"]

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
    x: Array, w: Array, b: Array | None, *, stride: Pair, padding: Padding2d, dilation: Pair, groups: int,
    relu: bool = False,
) -> Any:  # fmt: skip
    """Compute `kernels.conv2d`, and with `relu` the larger of that and 0."""
    if x.dtype != float32:
        return NotImplemented
    shape, transformed, numbers = _forward(x.shape, w.shape, stride, padding, dilation, groups)
    if not numbers:
        return NotImplemented
    y = empty(shape, float32)
    if transformed:
        answer = _winograd_conv2d(x, w, b, y, numbers[2], numbers[3], relu)
    else:
        answer = _conv2d(x, w, b, y, *numbers, relu)
    if answer == DONE:
        return y
    again = declined("conv2d", answer, x, w, b)
    if again is None or 0 in shape:
        return NotImplemented
    return conv2d(*again, stride=stride, padding=padding, dilation=dilation, groups=groups, relu=relu)


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
    g: Array, gate: Array | None, x: Any, w: Any, to_x: Shape | None, to_w: Shape | None, to_b: bool, stride: Pair,
    padding: Padding2d, dilation: Pair, groups: int,
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
    answer = _all_gradients(g, gate, x, w, gx, gw, gb, *numbers)
    if answer == DONE:
        return [gx, gw, gb]
    again = declined("conv2d_gradients", answer, g, gate, x, w)
    if again is None or (to_x is not None and 0 in to_x) or (to_w is not None and 0 in to_w):
        return None
    g, gate, x, w = again
    return _gradients(g, gate, x, w, to_x, to_w, to_b, stride, padding, dilation, groups)


def conv2d_gradients(
    wanted: Sequence[bool], g: Array, gate: Array | None, _y: object, x: Any, w: Any, _b: object, *, stride: Pair,
    padding: Padding2d, dilation: Pair, groups: int,
) -> list[Array | None] | None:  # fmt: skip
    """Return the gradients of `conv2d` that are `wanted`, or None where its dtype is another.

    Args:
        wanted: for x, w and b.
        g: the gradient of the output, or with `gate` that of a ReLU of the output.
        gate: the output of that ReLU, or None.
        x, w: the inputs; only their shapes, or None, where they are not needed.
        stride, padding, dilation, groups: the geometry of `conv2d`.
    """
    to_x, to_w, to_b = wanted
    return _gradients(
        g, gate, x if to_w else None, w if to_x else None, x.shape if to_x else None, w.shape if to_w else None, to_b,
        stride, padding, dilation, groups,
    )  # fmt: skip


def conv2d_input(
    g: Array, w: Array, *, input_size: Shape, stride: Pair, padding: Padding2d, dilation: Pair, groups: int,
    gate: Array | None = None,
) -> Any:  # fmt: skip
    """Compute `kernels.conv2d_input`; with the output `gate` of a ReLU, of the gradient before that ReLU."""
    to_x = (g.shape[0], w.shape[1] * groups, *input_size)
    found = _gradients(g, gate, None, w, to_x, None, False, stride, padding, dilation, groups)
    return NotImplemented if found is None else found[0]


def conv2d_weight(
    x: Array, g: Array, *, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair, groups: int,
    gate: Array | None = None,
) -> Any:  # fmt: skip
    """Compute `kernels.conv2d_weight`; `gate` as for `conv2d_input`."""
    to_w = (g.shape[1], x.shape[1] // groups, *kernel_size)
    found = _gradients(g, gate, x, None, None, to_w, False, stride, padding, dilation, groups)
    return NotImplemented if found is None else found[1]


def conv2d_bias(g: Array, *, gate: Array | None = None) -> Any:
    """Compute `kernels.conv2d_bias`; `gate` as for `conv2d_input`."""
    found = _gradients(g, gate, None, None, None, None, True, _ONE, ((0, 0), (0, 0)), _ONE, 1)
    return NotImplemented if found is None else found[2]
