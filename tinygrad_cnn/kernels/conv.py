"""Convolution and its two gradients as matrix products over extracted windows (im2col).

With K = C/groups · KH · KW and P = OH · OW, and for each group:

    y  (O, P) = w (O, K) · cols (K, P)
    gw (O, K) = Σₙ g (O, P) · colsᵀ (P, K)
    gx        = fold(wᵀ (K, O) · g (O, P))

The batch is taken in chunks whose `cols` stay within `_CHUNK_BYTES`, so memory does not grow with the batch.
Source: Chellapilla, Puri, Simard, "High performance convolutional neural networks for document processing", 2006.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array, Padding2d, Pair, Shape
from tinygrad_cnn.kernels.total import total
from tinygrad_cnn.kernels.windows import fold, lift, padded_windows

_CHUNK_BYTES = 32 * 2**20
_quiet = np.errstate(over="ignore", invalid="ignore")  # sums too large are infinite, without a warning


def _chunks(n: int, bytes_per_image: int) -> Iterator[slice]:
    """Split a batch of `n` so that a chunk takes at most `_CHUNK_BYTES`, and at least one image."""
    step = max(1, _CHUNK_BYTES // max(1, bytes_per_image))
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


@_quiet
def conv2d(
    x: Array, w: Array, b: Array | None, *, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> Array:
    """Return y[n, o, i, j] = b[o] + Σ w[o, c, k, l] · x[n, c, i·SH + k·DH − PH, j·SW + l·DW − PW].

    Args:
        x: (N, C, H, W).
        w: (O, C/groups, KH, KW).
        b: (O,) or None.

    Returns:
        (N, O, OH, OW).
    """
    n, c = x.shape[:2]
    o, cg, kh, kw = w.shape
    view = padded_windows(x, (kh, kw), stride, padding, dilation)
    oh, ow = view.shape[4:]
    y = np.empty((n, o, oh, ow), np.result_type(x, w))
    matrix = w.reshape(groups, o // groups, cg * kh * kw)
    for chunk in _chunks(n, c * kh * kw * oh * ow * x.itemsize):
        count = chunk.stop - chunk.start
        cols = view[chunk].reshape(count, groups, cg * kh * kw, oh * ow)  # (n, G, K, P)
        np.matmul(matrix, cols, out=y[chunk].reshape(count, groups, o // groups, oh * ow))
    if b is not None:
        y += b[:, None, None]
    return y


@_quiet
def conv2d_weight(
    x: Array, g: Array, *, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> Array:
    """Return the gradient of `conv2d` with respect to its weight, (O, C/groups, KH, KW).

    Args:
        x: (N, C, H, W).
        g: (N, O, OH, OW), the gradient of the output.
    """
    n, c = x.shape[:2]
    o, oh, ow = g.shape[1:]
    kh, kw = kernel_size
    k = c // groups * kh * kw
    # A stride may leave rows or columns that no window reaches; only windows that g has an element for are kept.
    view = padded_windows(x, kernel_size, stride, padding, dilation)[..., :oh, :ow]
    sums = np.zeros((groups, o // groups, k))
    for chunk in _chunks(n, c * kh * kw * oh * ow * x.itemsize):
        count = chunk.stop - chunk.start
        cols = view[chunk].reshape(count, groups, k, oh * ow)
        grads = g[chunk].reshape(count, groups, o // groups, oh * ow)
        sums += total(np.matmul(grads, cols.transpose(0, 1, 3, 2)), (0,))
    return sums.astype(np.result_type(x, g)).reshape(o, c // groups, kh, kw)


@_quiet
def conv2d_input(
    g: Array, w: Array, *, input_size: Shape, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> Array:
    """Return the gradient of `conv2d` with respect to its input, (N, C, H, W).

    Args:
        g: (N, O, OH, OW), the gradient of the output.
        w: (O, C/groups, KH, KW).
        input_size: (H, W).
    """
    n, o, oh, ow = g.shape
    cg, kh, kw = w.shape[1:]
    c = cg * groups
    gx = np.empty((n, c, *input_size), np.result_type(g, w))
    matrix = w.reshape(groups, o // groups, cg * kh * kw).transpose(0, 2, 1)  # (G, K, O/G)
    for chunk in _chunks(n, c * kh * kw * oh * ow * g.itemsize):
        count = chunk.stop - chunk.start
        cols = np.matmul(matrix, g[chunk].reshape(count, groups, o // groups, oh * ow))  # (n, G, K, P)
        gx[chunk] = fold(cols.reshape(count, c, kh, kw, oh, ow), input_size, stride, padding, dilation)
    return gx


def conv1d(x: Array, w: Array, b: Array | None, **how: Any) -> Array:
    """Return y[n, o, i] = b[o] + Σ w[o, c, k] · x[n, c, i·S + k·D − P]: one row of `conv2d`.

    Args:
        x: (N, C, L).
        w: (O, C/groups, K).
        b: (O,) or None.
        how: the geometry of `conv2d`, for one axis.
    """
    return conv2d(x[:, :, None], w[:, :, None], b, **lift(how))[:, :, 0]


def conv_transpose2d(
    x: Array, w: Array, b: Array | None, *, input_size: Shape, stride: Pair, padding: Padding2d, dilation: Pair,
    groups: int,
) -> Array:  # fmt: skip
    """Return `conv2d_input` of x, plus the bias: each element of x adds w, scaled by the element, to a window.

    Args:
        x: (N, C, H, W), which takes the place of the gradient of `conv2d`'s output.
        w: (C, O/groups, KH, KW).
        b: (O,) or None.
        input_size: height and width of the result.
    """
    y = conv2d_input(
        x, w, input_size=input_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )  # fmt: skip
    if b is not None:
        y += b[:, None, None]
    return y
