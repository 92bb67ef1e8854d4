"""Windows as columns, and columns added back as windows: each is the other's transpose."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from typing_extensions import Unpack

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array, Padding2d, Pair, Shape
from tinygrad_cnn.autograd import A, Spec, primitive


class Windows(TypedDict):
    """The geometry of windows over the last two axes, as keyword arguments of operations."""

    kernel_size: Pair
    stride: Pair
    padding: Padding2d
    dilation: Pair


@primitive()
def unfold(x: Array, *, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair) -> Array:
    """Return the windows of x (N, C, H, W) as columns, (N, C·KH·KW, OH·OW)."""
    view = kernels.padded_windows(x, kernel_size, stride, padding, dilation)
    n, c, kh, kw, oh, ow = view.shape
    return np.array(view).reshape(n, c * kh * kw, oh * ow)


@unfold.vjp(0)
def unfold_vjp_0(g: A, _y: object, x: Spec, **how: Unpack[Windows]) -> A:
    return fold(g, input_size=x.shape[2:], **how)


@primitive()
def fold(
    x: Array, *, input_size: Shape, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair
) -> Array:  # fmt: skip
    """Return (N, C, H, W) with the columns of x (N, C·KH·KW, OH·OW) added where `unfold` reads them."""
    kh, kw = kernel_size
    axes = zip(input_size, kernel_size, stride, padding, dilation, strict=True)
    oh, ow = (kernels.output_size(size, k, s, before, after, d) for size, k, s, (before, after), d in axes)
    n, rows, _ = x.shape
    taps = x.reshape(n, rows // (kh * kw), kh, kw, oh, ow)
    return kernels.fold(taps, input_size, stride, padding, dilation)


@fold.vjp(0)
def fold_vjp_0(g: A, _y: object, _x: object, *, input_size: Shape, **how: Unpack[Windows]) -> A:  # noqa: ARG001
    return unfold(g, **how)
