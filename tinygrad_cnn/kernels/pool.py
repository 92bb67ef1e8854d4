"""Max and average pooling over windows, and their gradients.

Max-pooling remembers, for every window, which tap won (one byte where the window has at most 256 taps). Its gradient
adds g back at the winners (`max_pool2d_scatter`), whose own gradient picks values at the winners
(`max_pool2d_gather`): the two close the family, so pooling can be differentiated to any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array, Padding2d, Pair, Shape
from tinygrad_cnn.kernels.windows import add_at, lift, output_size, pad2d, taps_on

_MOST_TAPS = 256  # larger windows are not added up in the dtype of the image


def _lowest(x: Array) -> float:
    return -np.inf if x.dtype.kind == "f" else int(np.iinfo(x.dtype).min)


def _outputs(size: Shape, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair) -> Pair:
    """Return (OH, OW) of windows over (H, W)."""
    axes = zip(size, kernel_size, stride, padding, dilation, strict=True)
    oh, ow = (output_size(length, k, s, before, after, d) for length, k, s, (before, after), d in axes)
    return oh, ow


def _first_taps(outputs: int, stride: int, before: int, dilation: int) -> Array:
    """Return, for each output position along one axis, the first tap that lies on the input and not on the padding."""
    starts = before - np.arange(outputs) * stride
    return np.maximum(-(-starts // dilation), 0)


def max_pool2d(x: Array, *, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair) -> tuple[Array, Array]:
    """Return the largest element of each window (N, C, OH, OW), and the tap (row-major) where it was found.

    The first of equal elements wins; NaN wins over everything. Padding never wins.
    """
    kh, kw = kernel_size
    n, c = x.shape[:2]
    oh, ow = _outputs(x.shape[2:], kernel_size, stride, padding, dilation)
    rows = _first_taps(oh, stride[0], padding[0][0], dilation[0])
    columns = _first_taps(ow, stride[1], padding[1][0], dilation[1])
    taps = np.empty((n, c, oh, ow), np.min_scalar_type(kh * kw - 1))
    taps[...] = rows[:, None] * kw + columns
    y = np.full((n, c, oh, ow), _lowest(x), x.dtype)
    around, positions = taps_on(x.shape[2:], kernel_size, stride, padding, dilation, (oh, ow))
    padded = pad2d(x, around, _lowest(x))
    for tap, position in positions:
        candidate = padded[position]
        better = ~(candidate <= y)  # true for NaN candidates too
        if x.dtype.kind == "f":
            better &= (y == y) | (candidate != candidate)  # a NaN found earlier stays
        np.copyto(taps, tap, where=better, casting="unsafe")
        np.maximum(y, candidate, out=y)
    return y, taps


def max_pool2d_scatter(
    g: Array, taps: Array, *, input_size: Shape, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair
) -> Array:
    """Return zeros (N, C, H, W), with each element of g (N, C, OH, OW) added at the winner of its window."""
    around, positions = taps_on(input_size, kernel_size, stride, padding, dilation, g.shape[2:])
    pieces = ((position, np.where(taps == tap, g, 0)) for tap, position in positions)
    return add_at(pieces, (*g.shape[:2], *input_size), around, g.dtype)


def max_pool2d_gather(
    x: Array, taps: Array, *, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair
) -> Array:
    """Return (N, C, OH, OW): the element of x (N, C, H, W) at each window's winning tap."""
    around, positions = taps_on(x.shape[2:], kernel_size, stride, padding, dilation, taps.shape[2:])
    padded = pad2d(x, around)
    y = np.zeros(taps.shape, x.dtype)
    for tap, position in positions:
        np.copyto(y, padded[position], where=taps == tap)
    return y


def max_pool2d_positions(
    taps: Array, *, input_size: Shape, kernel_size: Pair, stride: Pair, padding: Padding2d, dilation: Pair
) -> Array:
    """Return each winner's row-major index into its (H, W) plane, as int64."""
    oh, ow = taps.shape[2:]
    rows = np.arange(oh)[:, None] * stride[0] - padding[0][0] + taps // kernel_size[1] * np.int64(dilation[0])
    columns = np.arange(ow) * stride[1] - padding[1][0] + taps % kernel_size[1] * np.int64(dilation[1])
    return rows * input_size[1] + columns


def max_pool1d(x: Array, **how: Any) -> tuple[Array, Array]:
    """Return the largest element of each window (N, C, OL) and its tap: one row of `max_pool2d`."""
    y, taps = max_pool2d(x[:, :, None], **lift(how))
    return y[:, :, 0], taps[:, :, 0]


def divisors(
    input_size: Shape, *, kernel_size: Pair, stride: Pair, padding: Padding2d, counted: Padding2d,
    divisor_override: int | None,
) -> Array | int:  # fmt: skip
    """Return the divisor of each window's sum: an array (OH, OW), or one number if all are equal.

    Args:
        padding: zeros around the input, including those that ceil_mode adds.
        counted: the part of the padding that counts as elements.
    """
    if divisor_override is not None:
        return divisor_override
    if padding == counted:
        return kernel_size[0] * kernel_size[1]
    counts = []
    for axis in range(2):
        before, after = padding[axis]
        outputs = output_size(input_size[axis], kernel_size[axis], stride[axis], before, after, 1)
        starts = np.arange(outputs) * stride[axis] - before
        ends = np.minimum(starts + kernel_size[axis], input_size[axis] + counted[axis][1])
        counts.append(ends - np.maximum(starts, -counted[axis][0]))
    return counts[0][:, None] * counts[1]


def avg_pool2d(
    x: Array, *, kernel_size: Pair, stride: Pair, padding: Padding2d, counted: Padding2d, divisor_override: int | None
) -> Array:
    """Return the sum of each window over its divisor, (N, C, OH, OW); padding adds zeros. Integers round toward 0."""
    outputs = _outputs(x.shape[2:], kernel_size, stride, padding, (1, 1))
    around, positions = taps_on(x.shape[2:], kernel_size, stride, padding, (1, 1), outputs)
    wide = x.dtype.kind == "f" and kernel_size[0] * kernel_size[1] > _MOST_TAPS
    padded, sums = pad2d(x, around), np.zeros((*x.shape[:2], *outputs), np.float64 if wide else x.dtype)
    for _, position in positions:
        sums += padded[position]
    share = divisors(
        x.shape[2:], kernel_size=kernel_size, stride=stride, padding=padding, counted=counted,
        divisor_override=divisor_override,
    )  # fmt: skip
    if x.dtype.kind != "f":
        return np.floor_divide(sums - np.fmod(sums, share), share, dtype=x.dtype, casting="same_kind")
    return np.divide(sums, share, out=sums, casting="same_kind").astype(x.dtype, copy=False)


def avg_pool2d_input(
    g: Array, *, input_size: Shape, kernel_size: Pair, stride: Pair, padding: Padding2d, counted: Padding2d,
    divisor_override: int | None,
) -> Array:  # fmt: skip
    """Return the gradient of `avg_pool2d` with respect to its input: each window spreads its share of g evenly."""
    share = divisors(
        input_size, kernel_size=kernel_size, stride=stride, padding=padding, counted=counted,
        divisor_override=divisor_override,
    )  # fmt: skip
    spread = np.divide(g, share, out=np.empty_like(g), casting="same_kind")
    around, positions = taps_on(input_size, kernel_size, stride, padding, (1, 1), g.shape[2:])
    return add_at(((position, spread) for _, position in positions), (*g.shape[:2], *input_size), around, g.dtype)


def avg_pool1d(x: Array, **how: Any) -> Array:
    """Return the sum of each window over its divisor, (N, C, OL): one row of `avg_pool2d`."""
    return avg_pool2d(x[:, :, None], **lift(how))[:, :, 0]
