"""Padding, and resizing by nearest neighbour."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinygrad_cnn import ops
from tinygrad_cnn._checks import MOST, check_room, per_axis
from tinygrad_cnn._dtypes import check_real
from tinygrad_cnn._types import Scalar
from tinygrad_cnn.nn.functional._operands import check_tensors
from tinygrad_cnn.tensor import Tensor

_MODES = "'constant', 'reflect' or 'replicate'"


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Add places around the last axes.

    Args:
        input: any shape; for "reflect" and "replicate" 2 to 5 axes, with one or two in front of the padded ones.
        pad: (before, after) for the last axis, then for the second-last, and so on: (left, right, top, bottom).
            Negative numbers cut places off.
        mode: "constant" adds `value`; "reflect" mirrors the input without repeating its border; "replicate" repeats
            the border.
        value: what "constant" adds; 0 by default.

    Returns:
        The padded tensor. The gradient of a copied place is added to where it was copied from.

    Raises:
        RuntimeError: `pad` has an odd length or more entries than axes; an axis would get a negative length; a mirror
            would reach over the far border; or a `value` is given that the mode does not use.
        NotImplementedError: an unknown `mode`, or a number of axes that it does not go with.
    """
    check_tensors("pad", input=input)
    check_real("pad", value)
    widths = per_axis("pad", "pad", pad, len(pad), least=-MOST) if pad else ()
    if len(widths) % 2 or len(widths) > 2 * input.ndim:
        raise RuntimeError(
            f"pad: expected (before, after) for at most the {input.ndim} axes of input {input.shape}, from the last "
            f"one on, got {tuple(pad)}"
        )
    axes = len(widths) // 2
    padding = tuple([(0, 0)] * (input.ndim - axes) + [widths[i : i + 2] for i in range(2 * axes - 2, -1, -2)])
    if mode not in ("constant", "reflect", "replicate"):
        raise NotImplementedError(f"pad: expected mode {_MODES}, got {mode!r}")
    if mode != "constant":
        _check_copies(input, padding, axes, mode, value)
    shape = [size + before + after for size, (before, after) in zip(input.shape, padding, strict=True)]
    if min(shape, default=0) < 0:
        raise RuntimeError(f"pad: expected to cut off no more than input {input.shape} has, got {tuple(pad)}")
    check_room("pad", shape)
    return ops.pad(input, padding=padding, mode=mode, value=_in_dtype(input, value or 0))


def _in_dtype(input: Tensor, value: Scalar) -> Scalar:
    """Return `value` as the elements of `input` can be."""
    return value if input.dtype.kind == "f" else input.dtype.type(value).item()


def _check_copies(input: Tensor, padding: Sequence[tuple[int, ...]], axes: int, mode: str, value: float | None) -> None:
    """Raise unless `mode` can pad `input`: it needs places to copy from."""
    if value:
        raise RuntimeError(f"pad: expected no value with mode={mode!r}, got {value}")
    if not (axes in (1, 2, 3) and input.ndim in (axes + 1, axes + 2)):
        raise NotImplementedError(
            f"pad: expected mode={mode!r} to pad the last 1, 2 or 3 axes, with one or two in front, got {axes} padded "
            f"of input {input.shape}"
        )
    for size, (before, after) in zip(input.shape[-axes:], padding[-axes:], strict=True):
        if not size or (mode == "reflect" and max(before, after) >= size):
            raise RuntimeError(
                f"pad: expected mode={mode!r} to have places to copy from, got padding {(before, after)} on an axis of "
                f"{size} of input {input.shape}"
            )


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize sequences or images by copying: place i of the result is place ⌊i / scale⌋ of the input.

    Args:
        input: (N, C, L), (N, C, H, W) or (N, C, D, H, W).
        size: length, or height and width, of the result; one number stands for all.
        scale_factor: what to multiply the sizes with, instead of `size`; results are rounded down.
        mode: "nearest".
        align_corners: must be None, as "nearest" has no corners to align.
        recompute_scale_factor: take the scale from the sizes, after rounding, instead of from `scale_factor`.
        antialias: must be False.

    Returns:
        (N, C, OL), (N, C, OH, OW) or (N, C, OD, OH, OW).

    Raises:
        ValueError: not exactly one of `size` and `scale_factor`, another number of them than axes, or an option that
            does not go with "nearest".
        RuntimeError: a size of the input or of the result is 0.
        NotImplementedError: another `mode`, or another number of axes.
    """
    op = "interpolate"
    check_tensors(op, input=input)
    if mode != "nearest":
        raise NotImplementedError(f"{op}: expected mode 'nearest', the only one there is, got {mode!r}")
    if align_corners is not None or antialias:
        raise ValueError(f"{op}: expected neither align_corners nor antialias with mode 'nearest'")
    if input.ndim not in (3, 4, 5):
        raise NotImplementedError(f"{op}: expected input (N, C, L), (N, C, H, W) or (N, C, D, H, W), got {input.shape}")
    if (size is None) == (scale_factor is None):
        raise ValueError(f"{op}: expected either size or scale_factor, got size={size}, scale_factor={scale_factor}")
    axes = input.ndim - 2
    scales: tuple[float | None, ...] = (None,) * axes
    if size is not None:
        if recompute_scale_factor:
            raise ValueError(
                f"{op}: expected no recompute_scale_factor with size={size}, which it leaves nothing to do"
            )
        sizes = per_axis(op, "size", size, axes, least=-MOST, error=ValueError)
    else:
        assert scale_factor is not None  # checked above
        given = tuple(scale_factor) if isinstance(scale_factor, Sequence) else (scale_factor,) * axes
        if len(given) != axes:
            raise ValueError(f"{op}: expected scale_factor as one number or {axes}, got {scale_factor!r}")
        if not all(math.isfinite(scale) for scale in given):
            raise ValueError(f"{op}: expected finite numbers in scale_factor, got {scale_factor!r}")
        sizes = tuple([math.floor(length * scale) for length, scale in zip(input.shape[2:], given, strict=True)])
        if not recompute_scale_factor:
            scales = given
    if min(sizes) < 1 or 0 in input.shape[1:]:
        raise RuntimeError(f"{op}: expected sizes of at least 1, got {sizes} from input {input.shape}")
    check_room(op, [*input.shape[:2], *sizes])
    return ops.interpolate(input, output_size=sizes, scale_factor=scales)
