"""Max and average pooling, over windows of a given size or to an output of a given size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias, overload

from tinygrad_cnn import kernels, ops
from tinygrad_cnn._checks import check_room, per_axis, shown
from tinygrad_cnn._types import Array, Pair
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.nn.functional._geometry import Size, batched, pool_windows, unbatched
from tinygrad_cnn.nn.functional._operands import check_floating, check_tensors
from tinygrad_cnn.tensor import Tensor

__all__ = ["adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool1d", "avg_pool2d", "max_pool1d", "max_pool2d"]

OutputSize: TypeAlias = int | Sequence[int | None] | None
WithIndices: TypeAlias = Tensor | tuple[Tensor, Tensor]
"""The result of a max pooling: the maxima, or with `return_indices` a pair of the maxima and their indices."""


@overload
def max_pool1d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: Literal[False] = False,
) -> Tensor: ...  # fmt: skip
@overload
def max_pool1d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> WithIndices: ...  # fmt: skip
def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> WithIndices:
    """Return the largest element of each window; the first of equal ones gets the gradient.

    Args:
        input: (N, C, L), or (C, L) for one sequence.
        kernel_size: length of the window.
        stride: steps between windows; `kernel_size` by default.
        padding: positions added on both sides, which are never the maximum; at most half of the window.
        dilation: distance between the elements of a window.
        ceil_mode: add a last window that extends past the edge instead of leaving elements out.
        return_indices: also return the index of each maximum along L.

    Returns:
        (N, C, OL), or (C, OL) for one sequence; with `return_indices` a pair of these, the second int64.

    Raises:
        RuntimeError: the shape does not fit, the window is larger than the padded input, or an argument is out of
            range.
    """
    check_tensors("max_pool1d", input=input)
    x = batched(input, 1, "max_pool1d")
    how = pool_windows("max_pool1d", input.shape, 1, kernel_size, stride, padding, dilation, ceil_mode)
    y = ops.max_pool1d(x, **how)
    if not return_indices:
        return unbatched(y, input, 1)
    taps = _supplied(y, "taps", lambda: kernels.max_pool1d(x.array, **how))[:, :, None]
    indices = kernels.max_pool2d_positions(taps, input_size=(1, x.shape[2]), **kernels.lift(how))[:, :, 0]
    return unbatched(y, input, 1), unbatched(from_numpy(indices), input, 1)


@overload
def max_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: Literal[False] = False,
) -> Tensor: ...  # fmt: skip
@overload
def max_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> WithIndices: ...  # fmt: skip
def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> WithIndices:
    """Return the largest element of each window; the first of equal ones gets the gradient.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        kernel_size: height and width of the window, one number or (KH, KW).
        stride: steps between windows, one number or (SH, SW); `kernel_size` by default.
        padding: positions added on both sides, which are never the maximum; at most half of the window.
        dilation: distance between the elements of a window, one number or (DH, DW).
        ceil_mode: add a last window that extends past the edge instead of leaving elements out.
        return_indices: also return the row-major index of each maximum in its (H, W) plane.

    Returns:
        (N, C, OH, OW), or (C, OH, OW) for one image; with `return_indices` a pair of these, the second int64.

    Raises:
        RuntimeError: the shape does not fit, the window is larger than the padded input, or an argument is out of
            range.
    """
    check_tensors("max_pool2d", input=input)
    x = batched(input, 2, "max_pool2d")
    how = pool_windows("max_pool2d", input.shape, 2, kernel_size, stride, padding, dilation, ceil_mode)
    y = ops.max_pool2d(x, **how)
    if not return_indices:
        return unbatched(y, input, 2)
    taps = _supplied(y, "taps", lambda: kernels.max_pool2d(x.array, **how))
    indices = kernels.max_pool2d_positions(taps, input_size=x.shape[2:], **how)
    return unbatched(y, input, 2), unbatched(from_numpy(indices), input, 2)


def _supplied(y: Tensor, name: str, again: Callable[[], tuple[Array, ...]]) -> Array:
    """Return the first value that the kernel supplied with `y`, from its node if it keeps it, else computed `again`."""
    node = y.grad_fn
    return node.aux[name] if node is not None and node.aux else again()[1]


def avg_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window.

    Args:
        input: (N, C, L), or (C, L) for one sequence.
        kernel_size: length of the window.
        stride: steps between windows; `kernel_size` by default.
        padding: zeros added on both sides, at most half of the window.
        ceil_mode: add a last window that extends past the edge instead of leaving elements out; positions outside the
            padded input are not counted.
        count_include_pad: count the zeros of `padding` as elements.

    Returns:
        (N, C, OL), or (C, OL) for one sequence.

    Raises:
        RuntimeError: the shape or dtype does not fit, the window is larger than the padded input, or an argument is
            out of range.
    """
    return _average("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


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
        ceil_mode: add a last window that extends past the edge instead of leaving elements out; positions outside the
            padded input are not counted.
        count_include_pad: count the zeros of `padding` as elements.
        divisor_override: divide every sum by this number instead of the number of elements.

    Returns:
        (N, C, OH, OW), or (C, OH, OW) for one image.

    Raises:
        RuntimeError: the shape or dtype does not fit, the window is larger than the padded input, or an argument is
            out of range.
        TypeError: `divisor_override` is not an int.
    """
    if divisor_override is not None and (isinstance(divisor_override, bool) or not isinstance(divisor_override, int)):
        raise TypeError(f"avg_pool2d: expected divisor_override as an int or None, got {shown(divisor_override)}")
    if divisor_override == 0:
        raise RuntimeError("avg_pool2d: expected divisor_override as a number other than 0, got 0")
    return _average(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _average(
    op: str, axes: int, input: Tensor, kernel_size: Size, stride: Size | None, padding: Size, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Tensor:  # fmt: skip
    """Check the arguments of an average pooling over `axes` axes and run it."""
    check_tensors(op, input=input)
    if input.dtype.kind not in "fi":
        raise RuntimeError(f"{op}: expected input of a floating-point or integer dtype, got {input.dtype}")
    x = batched(input, axes, op)
    how = {**pool_windows(op, input.shape, axes, kernel_size, stride, padding, 1, ceil_mode)}
    del how["dilation"]
    zeros = per_axis(op, "padding", padding, axes, least=0)
    how["counted"] = tuple([(one, one) if count_include_pad else (0, 0) for one in zeros])
    run = ops.avg_pool1d if axes == 1 else ops.avg_pool2d
    return unbatched(run(x, divisor_override=divisor_override, **how), input, axes)


def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Return means over windows chosen so that the result has `output_size`.

    Row i of OH averages the rows from ⌊i·H/OH⌋ up to ⌈(i+1)·H/OH⌉; where OH does not divide H, windows overlap.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        output_size: OH and OW, one number or a pair; None keeps the input's size.

    Returns:
        (N, C, OH, OW), or (C, OH, OW) for one image.

    Raises:
        RuntimeError: the shape or dtype does not fit, or `output_size` is not a pair of numbers of at least 0.
    """
    size = _output_size("adaptive_avg_pool2d", input, output_size)
    return unbatched(ops.adaptive_avg_pool2d(batched(input, 2, "adaptive_avg_pool2d"), output_size=size), input, 2)


@overload
def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> WithIndices: ...
def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> WithIndices:
    """Return maxima over the windows of `adaptive_avg_pool2d`; the first of equal elements gets the gradient.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        output_size: OH and OW, one number or a pair; None keeps the input's size.
        return_indices: also return the row-major index of each maximum in its (H, W) plane.

    Returns:
        (N, C, OH, OW), or (C, OH, OW) for one image; with `return_indices` a pair of these, the second int64.

    Raises:
        RuntimeError: the shape or dtype does not fit, or `output_size` is not a pair of numbers of at least 0.
    """
    size = _output_size("adaptive_max_pool2d", input, output_size)
    x = batched(input, 2, "adaptive_max_pool2d")
    y = ops.adaptive_max_pool2d(x, output_size=size)
    if not return_indices:
        return unbatched(y, input, 2)
    indices = _supplied(y, "positions", lambda: kernels.adaptive_max_pool2d(x.array, output_size=size))
    return unbatched(y, input, 2), unbatched(from_numpy(indices), input, 2)


def _output_size(op: str, input: Tensor, output_size: OutputSize) -> Pair:
    """Return (OH, OW), with the input's size for None."""
    check_floating(op, "input", input)
    if input.ndim < 3:
        raise ValueError(f"{op}: expected input (N, C, H, W) or (C, H, W), got {input.shape}")
    given = tuple(output_size) if isinstance(output_size, Sequence) else (output_size, output_size)
    if len(given) != 2:
        raise RuntimeError(f"{op}: expected output_size as an int or a pair of ints, got {output_size!r}")
    sizes = [size if one is None else one for one, size in zip(given, input.shape[-2:], strict=True)]
    height, width = per_axis(op, "output_size", sizes, 2, least=0)
    check_room(op, [*input.shape[:-2], height, width])
    return height, width
