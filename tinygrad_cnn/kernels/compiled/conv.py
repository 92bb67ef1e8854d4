"""Calls of the compiled convolutions; `tinygrad_cnn.kernels.conv` says what each computes.

Each picks the kernel for the shape: Winograd's for 3×3 windows with enough channels and places, else the direct one.
The limits are those at which `python -m benchmarks.convolutions` finds the two level.
"""

from __future__ import annotations

from typing import Any

from tinygrad_cnn._buffers import empty
from tinygrad_cnn._types import Array, Padding2d, Pair, Shape
from tinygrad_cnn.kernels.compiled.arrays import contiguous, float32, usable
from tinygrad_cnn.kernels.compiled.native import done, native
from tinygrad_cnn.kernels.windows import output_size

__all__ = ["conv2d", "conv2d_bias", "conv2d_gradients", "conv2d_input", "conv2d_weight"]

_ONE = (1, 1)
_LEAST_CHANNELS = 12  # below, turning channels along vectors costs more than it saves
_WEIGHTS_AS_PLACES = 12  # transforming the weights takes as long as this many places of the output


def _winograd(
    w_shape: Shape, images: int, size: Shape, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> bool:
    """Tell whether Winograd's kernel is the one for windows of `w_shape` with `size` places in each image."""
    o, c, kh, kw = w_shape
    if kh != 3 or kw != 3 or c < _LEAST_CHANNELS or o < _LEAST_CHANNELS:
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


def conv2d(
    x: Array, w: Array, b: Array | None, *, stride: Pair, padding: Padding2d, dilation: Pair, groups: int,
    relu: bool = False,
) -> Any:  # fmt: skip
    """Compute `kernels.conv2d`, and with `relu` the larger of that and 0."""
    if not usable(x, w, b):
        return NotImplemented
    (top, bottom), (left, right) = padding
    n, _, h, width = x.shape
    o, _, kh, kw = w.shape
    size = (
        output_size(h, kh, stride[0], top, bottom, dilation[0]),
        output_size(width, kw, stride[1], left, right, dilation[1]),
    )
    x, w = contiguous(x), contiguous(w)
    if b is not None:
        b = contiguous(b)
    y = empty((n, o, *size), float32)
    if _winograd(w.shape, n, size, stride, padding, dilation, groups):
        return done("conv2d", native.winograd_conv2d(x, w, b, y, top, left, relu), y)
    return done("conv2d", native.conv2d(x, w, b, y, *stride, top, left, *dilation, groups, relu), y)


def conv2d_input(
    g: Array, w: Array, *, input_size: Shape, stride: Pair, padding: Padding2d, dilation: Pair, groups: int,
    gate: Array | None = None,
) -> Any:  # fmt: skip
    """Compute `kernels.conv2d_input`; with the output `gate` of a ReLU, of the gradient before that ReLU."""
    if not usable(g, w, gate) or 0 in input_size:
        return NotImplemented
    g, w = contiguous(g), contiguous(w)
    gx = empty((g.shape[0], w.shape[1] * groups, *input_size), float32)
    (top, _), (left, _) = padding
    if _winograd(w.shape, len(g), input_size, stride, padding, dilation, groups):
        return done("conv2d_input", native.winograd_conv2d_input(g, gate, w, gx, top, left), gx)
    return done("conv2d_input", native.conv2d_input(g, gate, w, gx, *stride, top, left, *dilation, groups), gx)


def conv2d_weight(
    x: Array, g: Array, *, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair, groups: int,
    gate: Array | None = None,
) -> Any:  # fmt: skip
    """Compute `kernels.conv2d_weight`; `gate` as for `conv2d_input`."""
    if not usable(x, g, gate):
        return NotImplemented
    x, g = contiguous(x), contiguous(g)
    gw = empty((g.shape[1], x.shape[1] // groups, *kernel_size), float32)
    (top, _), (left, _) = padding
    if _winograd(gw.shape, len(x), g.shape[2:], stride, padding, dilation, groups):
        return done("conv2d_weight", native.winograd_conv2d_weight(x, g, gate, gw, top, left), gw)
    return done("conv2d_weight", native.conv2d_weight(x, g, gate, gw, *stride, top, left, *dilation, groups), gw)


def conv2d_bias(g: Array, *, gate: Array | None = None) -> Any:
    """Compute `kernels.conv2d_bias`; `gate` as for `conv2d_input`."""
    if not usable(g, gate):
        return NotImplemented
    gb = empty((g.shape[1],), float32)
    return done("conv2d_bias", native.conv2d_bias(contiguous(g), gate, gb), gb)


def conv2d_gradients(
    wanted: list[bool], g: Array, gate: Array | None, x: Any, w: Any, _b: object, **how: Any
) -> list[Array | None] | None:  # fmt: skip
    """Return the gradients of `conv2d` that are `wanted`, or None where its dtype is another.

    Args:
        wanted: for x, w and b.
        g: the gradient of the output, or with `gate` that of a ReLU of the output.
        gate: the output of that ReLU, or None.
        x, w: the inputs, or only their shapes where the values are not needed.
        how: the geometry of `conv2d`.
    """
    if g.dtype != float32:
        return None
    g = contiguous(g)
    if gate is not None:
        gate = contiguous(gate)
    size, window = x.shape[2:], w.shape[2:]
    found = [
        conv2d_input(g, w, input_size=size, gate=gate, **how) if wanted[0] else None,
        conv2d_weight(x, g, kernel_size=window, gate=gate, **how) if wanted[1] else None,
        conv2d_bias(g, gate=gate) if wanted[2] else None,
    ]
    return None if any(one is NotImplemented for one in found) else found
