"""Convolutions and their transpose: they check the arguments and bring them to the form that the operations take."""

from __future__ import annotations

from tinygrad_cnn import ops
from tinygrad_cnn._checks import MOST, check_room, per_axis
from tinygrad_cnn._types import Shape
from tinygrad_cnn.nn.functional._geometry import (
    AXES,
    Size,
    Windows,
    check_reach,
    outputs,
    reaches,
    remembered,
    resolve_padding,
    unbatched,
)
from tinygrad_cnn.nn.functional._operands import check_operands, of_one_dtype
from tinygrad_cnn.tensor import Tensor

__all__ = ["conv1d", "conv2d", "conv_transpose2d"]


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: str | Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """Correlate sequences with filters: y[n, o, i] = b[o] + Σ w[o, c, k] · x[n, c, i·S + k·D − P].

    Args:
        input: (N, C, L), or (C, L) for one sequence.
        weight: (O, C/groups, K).
        bias: (O,) or None.
        stride: steps between windows.
        padding: zeros added on both sides; "valid" adds none; "same" keeps the length, at stride 1, with the odd zero
            at the end.
        dilation: distance between the elements of a window.
        groups: how many groups the channels are split into; each is convolved by itself.

    Returns:
        (N, O, OL), or (O, OL) for one sequence, with OL = ⌊(L + 2·P − D·(K − 1) − 1) / S⌋ + 1.

    Raises:
        RuntimeError: the shapes do not fit, the window is larger than the padded input, the dtypes differ, or an
            argument is out of range.
    """
    check_operands("conv1d", input, weight, bias)
    biases = None if bias is None else bias.shape
    how = _windows("conv1d", 1, input.shape, weight.shape, biases, stride, padding, dilation, groups)
    x = input if input.ndim == 3 else ops.unsqueeze(input, 0)
    return unbatched(ops.conv1d(x, weight, bias, **how), input, 1)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: str | Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """Correlate images with filters: y[n, o, i, j] = b[o] + Σ w[o, c, k, l] · x[n, c, i·SH + k·DH − PH, j·SW + l·DW − PW].

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        weight: (O, C/groups, KH, KW).
        bias: (O,) or None.
        stride: steps between windows, one number or (SH, SW).
        padding: zeros added on both sides, one number or (PH, PW); "valid" adds none; "same" keeps the size, at
            stride 1, with the odd zero at the bottom and the right.
        dilation: distance between the elements of a window, one number or (DH, DW).
        groups: how many groups the channels are split into; each is convolved by itself.

    Returns:
        (N, O, OH, OW), or (O, OH, OW) for one image, with OH = ⌊(H + 2·PH − DH·(KH − 1) − 1) / SH⌋ + 1.

    Raises:
        RuntimeError: the shapes do not fit, the window is larger than the padded input, the dtypes differ, or an
            argument is out of range.
    """  # noqa: E501
    if not of_one_dtype(input, weight, bias):
        check_operands("conv2d", input, weight, bias)
    shape = input.array.shape
    biases = None if bias is None else bias.array.shape
    how = _windows("conv2d", 2, shape, weight.array.shape, biases, stride, padding, dilation, groups)
    if len(shape) == 4:
        return ops.conv2d(input, weight, bias, **how)
    return ops.squeeze(ops.conv2d(ops.unsqueeze(input, 0), weight, bias, **how), 0)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """Spread each element of images over a window: y[n, o, i·SH + k·DH − PH, …] = b[o] + Σ w[c, o, k, l] · x[n, c, i, j].

    The operation is the gradient of `conv2d` with respect to its input: it enlarges images by as much as a convolution
    with the same arguments shrinks them.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        weight: (C, O/groups, KH, KW).
        bias: (O,) or None.
        stride: steps between windows of the output, one number or (SH, SW).
        padding: positions cut off on both sides of the output, one number or (PH, PW).
        output_padding: positions added to the output at the bottom and the right, which a convolution of this stride
            would not reach; smaller than the stride or the dilation.
        groups: how many groups the channels are split into.
        dilation: distance between the elements of a window, one number or (DH, DW).

    Returns:
        (N, O, OH, OW), or (O, OH, OW) for one image, with OH = (H − 1)·SH − 2·PH + DH·(KH − 1) + output_padding + 1.

    Raises:
        RuntimeError: the shapes do not fit, the result would be empty, the dtypes differ, or an argument is out of
            range.
    """  # noqa: E501
    op = "conv_transpose2d"
    (groups,) = per_axis(op, "groups", groups, 1, least=-MOST)
    check_operands(op, input, weight, bias)
    biases = None if bias is None else bias.shape
    _check_shapes(op, 2, input.shape, weight.shape, biases, groups, transposed=True)
    strides = per_axis(op, "stride", stride, 2, least=1)
    zeros = per_axis(op, "padding", padding, 2, least=0)
    extra = per_axis(op, "output_padding", output_padding, 2, least=0)
    dilations = per_axis(op, "dilation", dilation, 2, least=1)
    if any(more >= max(limits) for more, *limits in zip(extra, strides, dilations, strict=True)):
        raise RuntimeError(
            f"{op}: expected output_padding smaller than stride {strides} or dilation {dilations}, got {extra}"
        )
    reach = reaches(weight.shape[2:], dilations)
    axes = zip(input.shape[-2:], strides, zeros, reach, extra, strict=True)
    size = tuple([(length - 1) * step - 2 * cut + span + more for length, step, cut, span, more in axes])
    if min(size) < 1 or 0 in input.shape[-2:]:
        raise RuntimeError(f"{op}: expected an output of at least one element, got {size} from input {input.shape}")
    check_room(op, [*input.shape[:-3], weight.shape[1] * groups, *size])
    # output_padding reduces what is cut off at the end, so that `conv2d` of the output has the size of x.
    around = tuple([(cut, cut - more) for cut, more in zip(zeros, extra, strict=True)])
    x = input if input.ndim == 4 else ops.unsqueeze(input, 0)
    y = ops.conv_transpose2d(
        x, weight, bias, input_size=size, stride=strides, padding=around, dilation=dilations, groups=groups
    )  # fmt: skip
    return unbatched(y, input, 2)


def geometry(
    op: str, axes: int, shape: Shape, weight: Shape, bias: Shape | None, stride: Size, padding: str | Size,
    dilation: Size, groups: int,
) -> Windows:  # fmt: skip
    """Check the shapes and return the geometry of a convolution over `axes` axes."""
    (groups,) = per_axis(op, "groups", groups, 1, least=-MOST)
    _check_shapes(op, axes, shape, weight, bias, groups)
    kernel = weight[2:]
    strides = per_axis(op, "stride", stride, axes, least=1)
    dilations = per_axis(op, "dilation", dilation, axes, least=1)
    zeros = resolve_padding(op, padding, kernel, strides, dilations, error=RuntimeError)
    check_reach(op, shape, kernel, dilations, zeros)
    check_room(op, [*shape[: -axes - 1], weight[0], *outputs(shape[-axes:], kernel, strides, zeros, dilations)])
    return {"stride": strides, "padding": zeros, "dilation": dilations, "groups": groups}


_windows = remembered(geometry)
"""The geometry for given arguments; it is cached, so do not change it."""


def _check_shapes(
    op: str, axes: int, input: Shape, weight: Shape, bias: Shape | None, groups: int, *, transposed: bool = False
) -> None:
    """Raise unless the shapes of a convolution, or with `transposed` of its transpose, fit together."""
    letters = "C, O/groups" if transposed else "O, C/groups"
    if len(weight) != axes + 2 or 0 in weight[2:]:
        sizes = {1: "K", 2: "KH, KW"}[axes]
        raise RuntimeError(f"{op}: expected weight ({letters}, {sizes}), got {weight}")
    first, second = weight[:2]
    if groups < 1 or first % groups:
        what = "input channels" if transposed else "filters"
        raise RuntimeError(f"{op}: expected groups ≥ 1 that divide the {first} {what}, got groups={groups}")
    channels, filters = (first, second * groups) if transposed else (second * groups, first)
    if bias is not None and bias != (filters,):
        raise RuntimeError(f"{op}: expected bias ({filters},) for weight {weight}, got {bias}")
    if len(input) not in (axes + 1, axes + 2) or input[-axes - 1] != channels:
        told = "weight.shape[0]" if transposed else "weight.shape[1]·groups"
        raise RuntimeError(
            f"{op}: expected input (N, C, {AXES[axes]}) with C = {channels} ({told}), "
            f"got {input}{_likely_fix(input, channels) if axes == 2 else ''}"
        )


def _likely_fix(input: Shape, channels: int) -> str:
    """Return a fix for the common mistakes, or nothing."""
    if len(input) == 2 and channels == 1:
        return "; one grey image (H, W) needs a batch and a channel axis: x[None, None]"
    if len(input) == 3 and channels == 1:
        return "; grey images of shape (N, H, W) need a channel axis: x.unsqueeze(1)"
    if len(input) == 4 and input[3] == channels:
        return "; channels come before height and width here: x.permute(0, 3, 1, 2)"
    if len(input) == 3 and input[2] == channels:
        return "; channels come before height and width here: x.permute(2, 0, 1)[None]"
    if len(input) == 4:
        return f"; in_channels={input[1]} would fit"
    return ""
