"""Two-dimensional convolution: arguments checked and brought to the form that the op takes."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn import ops
from tinygrad_cnn._checks import pair
from tinygrad_cnn._types import Padding2d, Pair
from tinygrad_cnn.nn.functional._operands import check_one_dtype
from tinygrad_cnn.tensor import Tensor


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Correlate images with filters: y[n, o, i, j] = b[o] + Σ w[o, c, k, l] · x[n, c, i·SH + k·DH, j·SW + l·DW].

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        weight: (O, C/groups, KH, KW).
        bias: (O,) or None.
        stride: steps between windows, one number or (SH, SW).
        padding: zeros added on both sides, one number or (PH, PW); "valid" adds none; "same" keeps the size, at
            stride 1, with the odd zero at the bottom and the right.
        dilation: distance between the taps of a window, one number or (DH, DW).
        groups: parts that the channels are split into, each convolved by itself.

    Returns:
        (N, O, OH, OW), or (O, OH, OW) for one image, with OH = ⌊(H + 2·PH − DH·(KH − 1) − 1) / SH⌋ + 1.

    Raises:
        RuntimeError: the shapes do not fit, the window is larger than the padded input, or the dtypes differ.
        ValueError: `stride`, `padding`, `dilation` or `groups` is out of range.
    """
    check_one_dtype("conv2d", input=input, weight=weight, bias=bias)
    if weight.ndim != 4:
        raise RuntimeError(f"conv2d: expected weight (O, C/groups, KH, KW), got {weight.shape}")
    out_channels, channels, *kernel_size = weight.shape
    if groups < 1 or out_channels % groups:
        raise ValueError(f"conv2d: expected groups ≥ 1 that divide the {out_channels} filters, got groups={groups}")
    if bias is not None and bias.shape != (out_channels,):
        raise RuntimeError(f"conv2d: expected bias ({out_channels},) for weight {weight.shape}, got {bias.shape}")
    if input.ndim not in (3, 4) or input.shape[-3] != channels * groups:
        raise RuntimeError(
            f"conv2d: expected input (N, C, H, W) with C = {channels * groups} (weight.shape[1]·groups), "
            f"got {input.shape}{_likely_fix(input, channels * groups)}"
        )
    strides = pair("conv2d", "stride", stride, least=1)
    dilations = pair("conv2d", "dilation", dilation, least=1)
    zeros = resolve_padding("conv2d", padding, (kernel_size[0], kernel_size[1]), strides, dilations)
    padded = [size + sum(around) for size, around in zip(input.shape[-2:], zeros, strict=True)]
    reach = [d * (k - 1) + 1 for k, d in zip(kernel_size, dilations, strict=True)]
    if reach[0] > padded[0] or reach[1] > padded[1]:
        raise RuntimeError(
            f"conv2d: expected a window no larger than the padded input, got a window of {tuple(reach)} (kernel_size "
            f"{tuple(kernel_size)}, dilation {dilations}) on {tuple(padded)}, from input {input.shape}; use a smaller "
            "kernel_size or more padding"
        )
    x = input if input.ndim == 4 else ops.unsqueeze(input, 0)
    y = ops.conv2d(x, weight, bias, stride=strides, padding=zeros, dilation=dilations, groups=groups)
    return y if input.ndim == 4 else ops.squeeze(y, 0)


def resolve_padding(
    op: str, padding: str | int | Sequence[int], kernel_size: Pair, stride: Pair, dilation: Pair
) -> Padding2d:
    """Return `padding` as ((top, bottom), (left, right)).

    Raises:
        ValueError: a negative number, an unknown word, or "same" with a stride.
    """
    if not isinstance(padding, str):
        ph, pw = pair(op, "padding", padding, least=0)
        return (ph, ph), (pw, pw)
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding != "same":
        raise ValueError(f"{op}: expected padding as an int, a pair of ints, 'same' or 'valid', got {padding!r}")
    if stride != (1, 1):
        raise ValueError(f"{op}: expected stride 1 with padding='same', got stride={stride}")
    high, wide = dilation[0] * (kernel_size[0] - 1), dilation[1] * (kernel_size[1] - 1)
    return (high // 2, high - high // 2), (wide // 2, wide - wide // 2)


def _likely_fix(input: Tensor, channels: int) -> str:
    """Return what would make `input` fit, for the common mistakes."""
    if input.ndim == 3 and channels == 1:
        return "; grey images of shape (N, H, W) need a channel axis: x.unsqueeze(1)"
    if input.ndim == 4 and input.shape[3] == channels:
        return "; channels come before height and width here: x.permute(0, 3, 1, 2)"
    return ""
