"""Two-dimensional max and average pooling: arguments checked and brought to the form that the ops take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, overload

from tinygrad_cnn import kernels, ops
from tinygrad_cnn._checks import pair
from tinygrad_cnn._types import Padding2d, Pair
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.nn.functional._operands import check_floating, check_tensors
from tinygrad_cnn.tensor import Tensor

Size: TypeAlias = int | Sequence[int]


@overload
def max_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: Literal[False] = False,
) -> Tensor: ...  # fmt: skip
@overload
def max_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any: ...  # fmt: skip
def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window; the first of equal ones gets the gradient.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        kernel_size: height and width of the window, one number or (KH, KW).
        stride: steps between windows, one number or (SH, SW); `kernel_size` by default.
        padding: places added on both sides, which never win; at most half of the window.
        dilation: distance between the taps of a window, one number or (DH, DW).
        ceil_mode: let a last window hang over the edge rather than leave elements out.
        return_indices: return also where each maximum was found, as row-major indices into its (H, W) plane.

    Returns:
        (N, C, OH, OW), or (C, OH, OW) for one image; with `return_indices` a pair of these, the second int64.

    Raises:
        RuntimeError: the shape does not fit, or the window is larger than the padded input.
        ValueError: `kernel_size`, `stride`, `padding` or `dilation` is out of range.
    """
    check_tensors("max_pool2d", input=input)
    how = _geometry("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode)
    x = input if input.ndim == 4 else ops.unsqueeze(input, 0)
    y = ops.max_pool2d(x, **how)
    result = y if input.ndim == 4 else ops.squeeze(y, 0)
    if not return_indices:
        return result
    node = y.grad_fn  # where the op was recorded, its node knows the winners already
    taps = node.aux["taps"] if node is not None and node.aux else kernels.max_pool2d(x.array, **how)[1]
    indices = from_numpy(kernels.max_pool2d_positions(taps, input_size=x.shape[2:], **how))
    return result, indices if input.ndim == 4 else ops.squeeze(indices, 0)


def avg_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the mean of each window.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        kernel_size: height and width of the window, one number or (KH, KW).
        stride: steps between windows, one number or (SH, SW); `kernel_size` by default.
        padding: zeros added on both sides, at most half of the window.
        ceil_mode: let a last window hang over the edge rather than leave elements out; what hangs over is not counted.
        count_include_pad: count the zeros of `padding` as elements.
        divisor_override: divide every sum by this instead of by the number of elements.

    Returns:
        (N, C, OH, OW), or (C, OH, OW) for one image.

    Raises:
        RuntimeError: the shape or dtype does not fit, or the window is larger than the padded input.
        ValueError: `kernel_size`, `stride` or `padding` is out of range, or `divisor_override` is 0.
    """
    check_floating("avg_pool2d", "input", input)
    if divisor_override == 0:
        raise ValueError("avg_pool2d: expected divisor_override as a number other than 0, got 0")
    how = _geometry("avg_pool2d", input, kernel_size, stride, padding, 1, ceil_mode)
    del how["dilation"]
    ph, pw = pair("avg_pool2d", "padding", padding, least=0)
    counted = ((ph, ph), (pw, pw)) if count_include_pad else ((0, 0), (0, 0))
    x = input if input.ndim == 4 else ops.unsqueeze(input, 0)
    y = ops.avg_pool2d(x, counted=counted, divisor_override=divisor_override, **how)
    return y if input.ndim == 4 else ops.squeeze(y, 0)


def _geometry(
    op: str, input: Tensor, kernel_size: Size, stride: Size | None, padding: Size, dilation: Size, ceil_mode: bool
) -> dict[str, Any]:
    """Return the windows as the ops take them, checked against the input; `padding` includes what ceil_mode adds."""
    if input.ndim not in (3, 4):
        raise RuntimeError(f"{op}: expected input (N, C, H, W) or (C, H, W), got {input.shape}")
    kernel = pair(op, "kernel_size", kernel_size, least=1)
    step = kernel if stride is None else pair(op, "stride", stride, least=1)
    before = pair(op, "padding", padding, least=0)
    spread = pair(op, "dilation", dilation, least=1)
    reach = (spread[0] * (kernel[0] - 1) + 1, spread[1] * (kernel[1] - 1) + 1)
    if before[0] > kernel[0] // 2 or before[1] > kernel[1] // 2:
        raise ValueError(f"{op}: expected padding of at most half of kernel_size {kernel}, got {before}")
    height, width = input.shape[-2:]
    zeros: Padding2d = (
        _around(height, reach[0], step[0], before[0], ceil_mode),
        _around(width, reach[1], step[1], before[1], ceil_mode),
    )
    if height + sum(zeros[0]) < reach[0] or width + sum(zeros[1]) < reach[1]:
        raise RuntimeError(
            f"{op}: expected a window no larger than the padded input, got a window of {reach} on "
            f"{(height + sum(zeros[0]), width + sum(zeros[1]))}, from input {input.shape}; use a smaller kernel_size"
        )
    return {"kernel_size": kernel, "stride": step, "padding": zeros, "dilation": spread}


def _around(size: int, reach: int, stride: int, padding: int, ceil_mode: bool) -> Pair:
    """Return the padding before and after one axis; ceil_mode adds after it what the last window needs."""
    if not ceil_mode:
        return padding, padding
    outputs = kernels.output_size(size, reach, stride, padding, padding + stride - 1, 1)
    if (outputs - 1) * stride >= size + padding:  # a window must start on the input or on the padding before it
        outputs -= 1
    return padding, max(padding, (outputs - 1) * stride + reach - size - padding)
