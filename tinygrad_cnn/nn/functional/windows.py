"""`unfold`, windows as columns (im2col), and its adjoint `fold` (col2im)."""

from __future__ import annotations

from math import prod

from tinygrad_cnn import ops
from tinygrad_cnn._checks import check_room, per_axis
from tinygrad_cnn._types import Shape
from tinygrad_cnn.nn.functional._geometry import Size, Windows, batched, check_reach, outputs, unbatched
from tinygrad_cnn.nn.functional._operands import check_floating, check_tensors
from tinygrad_cnn.tensor import Tensor

__all__ = ["fold", "unfold"]


def unfold(input: Tensor, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) -> Tensor:
    """Extract windows as columns, so that a convolution becomes one matrix product.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        kernel_size: height and width of the window, one number or (KH, KW).
        dilation: distance between the elements of a window, one number or (DH, DW).
        padding: zeros added on both sides, one number or (PH, PW).
        stride: steps between windows, one number or (SH, SW).

    Returns:
        (N, C·KH·KW, OH·OW), or (C·KH·KW, OH·OW) for one image: a column for each window.

    Raises:
        RuntimeError: the shape or dtype does not fit, the window is larger than the padded input, or an argument is
            out of range.
    """
    check_tensors("unfold", input=input)
    how = _blocks("unfold", kernel_size, dilation, padding, stride)
    x = batched(input, 2, "unfold")
    check_reach("unfold", input.shape, how["kernel_size"], how["dilation"], how["padding"])
    rows = prod(how["kernel_size"]) * x.shape[1]
    check_room("unfold", [x.shape[0], rows, *outputs(x.shape[2:], **how)])
    return unbatched(ops.unfold(x, **how), input, 2)


def fold(
    input: Tensor, output_size: Size, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
) -> Tensor:
    """Add each column to the window that `unfold` with the same arguments takes it from; overlaps add up.

    Args:
        input: (N, C·KH·KW, OH·OW), or (C·KH·KW, OH·OW) for one image.
        output_size: height and width of the result, one number or (H, W).
        kernel_size: height and width of the window, one number or (KH, KW).
        dilation: distance between the elements of a window, one number or (DH, DW).
        padding: positions around the result that windows cover but that are cut off, one number or (PH, PW).
        stride: steps between windows, one number or (SH, SW).

    Returns:
        (N, C, H, W), or (C, H, W) for one image.

    Raises:
        RuntimeError: the shape or dtype does not fit, or an argument is out of range.
    """
    check_floating("fold", "input", input)
    size = per_axis("fold", "output_size", output_size, 2, least=1)
    how = _blocks("fold", kernel_size, dilation, padding, stride)
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError(f"fold: expected input (N, C·KH·KW, OH·OW) or (C·KH·KW, OH·OW), got {input.shape}")
    kernel: Shape = how["kernel_size"]
    taps = kernel[0] * kernel[1]
    counts = outputs(size, **how)
    rows, columns = input.shape[-2:]
    if rows % taps or min(counts) < 1 or columns != counts[0] * counts[1]:
        raise RuntimeError(
            f"fold: expected input (N, C·{taps}, {counts[0]}·{counts[1]}) for output_size {size} and kernel_size "
            f"{kernel}, got {input.shape}"
        )
    check_room("fold", [*input.shape[:-2], rows // taps, *size])
    x = input if input.ndim == 3 else ops.unsqueeze(input, 0)
    return unbatched(ops.fold(x, input_size=size, **how), input, 1)


def _blocks(op: str, kernel_size: Size, dilation: Size, padding: Size, stride: Size) -> Windows:
    """Return the windows in the form that the operations take."""
    zeros = per_axis(op, "padding", padding, 2, least=0)
    return {
        "kernel_size": per_axis(op, "kernel_size", kernel_size, 2, least=1),
        "dilation": per_axis(op, "dilation", dilation, 2, least=1),
        "padding": tuple([(one, one) for one in zeros]),
        "stride": per_axis(op, "stride", stride, 2, least=1),
    }
