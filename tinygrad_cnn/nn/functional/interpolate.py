"""Resizing by nearest neighbour or linear interpolation, and by moving elements between channels and pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinygrad_cnn import ops
from tinygrad_cnn._checks import MOST, check_room, per_axis
from tinygrad_cnn.nn.functional._operands import check_floating, check_tensors
from tinygrad_cnn.tensor import Tensor

__all__ = ["interpolate", "pixel_shuffle", "pixel_unshuffle"]

_LINEAR = {"linear": 1, "bilinear": 2}
"""The number of axes that each linear mode resizes."""


def check_mode(op: str, mode: str) -> None:
    """Raise a NotImplementedError unless `mode` is supported."""
    if mode != "nearest" and mode not in _LINEAR:
        instead = "; adaptive_avg_pool2d computes it" if mode == "area" else ""
        raise NotImplementedError(f"{op}: expected mode 'nearest', 'linear' or 'bilinear', got {mode!r}{instead}")


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize sequences or images.

    Along each axis, `mode` says how element i of the result is computed:

    - "nearest": it is element ⌊i / scale⌋ of the input;
    - "linear" (sequences), "bilinear" (images): it interpolates between the two elements around (i + ½) / scale − ½, or
      with `align_corners` around i · (size − 1) / (output size − 1).

    Args:
        input: (N, C, L) or (N, C, H, W), for "nearest" also (N, C, D, H, W).
        size: length, or height and width, of the result; one number stands for all axes.
        scale_factor: output size / input size, instead of `size`; the output size is rounded down.
        mode: "nearest", "linear" or "bilinear".
        align_corners: align the centres of the corner pixels rather than their outer borders; None for "nearest".
        recompute_scale_factor: compute the scale from the rounded sizes instead of using `scale_factor` itself.
        antialias: must be False: a smaller image is computed only from the elements named above, without averaging.

    Returns:
        (N, C, OL), (N, C, OH, OW) or (N, C, OD, OH, OW).

    Raises:
        ValueError: not exactly one of `size` and `scale_factor` is given, it has not as many numbers as axes, or an
            option does not fit the mode.
        RuntimeError: a size of the input or of the result is 0, or the input of a linear mode holds integers.
        NotImplementedError: `mode` is unknown or does not support the number of axes, or `antialias` is True.
    """
    op = "interpolate"
    check_tensors(op, input=input)
    check_mode(op, mode)
    if mode == "nearest" and (align_corners is not None or antialias):
        raise ValueError(f"{op}: expected neither align_corners nor antialias with mode 'nearest'")
    if antialias and mode == "linear":
        raise ValueError(f"{op}: expected no antialias with mode 'linear'")
    if antialias:
        raise NotImplementedError(
            f"{op}: there is no antialias=True; data.transforms.Resize shrinks images with antialiasing, avg_pool2d by "
            "means of all pixels"
        )
    if input.ndim not in (3, 4, 5):
        raise NotImplementedError(f"{op}: expected input (N, C, L), (N, C, H, W) or (N, C, D, H, W), got {input.shape}")
    axes = input.ndim - 2
    sizes, scales = _sizes(op, input, size, scale_factor, bool(recompute_scale_factor))
    if axes != _LINEAR.get(mode, axes):
        wanted = {1: "(N, C, L)", 2: "(N, C, H, W)"}[_LINEAR[mode]]
        raise NotImplementedError(f"{op}: expected input {wanted} with mode {mode!r}, got {input.shape}")
    if min(sizes) < 1 or 0 in input.shape[1:]:
        raise RuntimeError(f"{op}: expected sizes of at least 1, got {sizes} from input {input.shape}")
    check_room(op, [*input.shape[:2], *sizes])
    if mode == "nearest":
        return ops.interpolate(input, output_size=sizes, scale_factor=scales)
    check_floating(op, "input", input)
    corners = bool(align_corners)
    return ops.interpolate(input, output_size=sizes, scale_factor=scales, mode="linear", align_corners=corners)


def _sizes(
    op: str, input: Tensor, size: int | Sequence[int] | None, scale_factor: float | Sequence[float] | None,
    recompute: bool,
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:  # fmt: skip
    """Return the sizes of the result, and the scale of each axis: None where it is the quotient of the sizes."""
    if (size is None) == (scale_factor is None):
        raise ValueError(f"{op}: expected either size or scale_factor, got size={size}, scale_factor={scale_factor}")
    axes = input.ndim - 2
    if size is not None:
        if recompute:
            raise ValueError(f"{op}: expected no recompute_scale_factor with size={size}: there is no scale_factor")
        if isinstance(size, Sequence) and len(size) == 1 < axes:  # `per_axis` would take it for all axes
            raise ValueError(f"{op}: expected size as one number or {axes}, got {size!r}")
        return per_axis(op, "size", size, axes, least=-MOST, error=ValueError), (None,) * axes
    assert scale_factor is not None  # checked above
    given = tuple(scale_factor) if isinstance(scale_factor, Sequence) else (scale_factor,) * axes
    if len(given) != axes:
        raise ValueError(f"{op}: expected scale_factor as one number or {axes}, got {scale_factor!r}")
    if not all(math.isfinite(scale) for scale in given):
        raise ValueError(f"{op}: expected finite numbers in scale_factor, got {scale_factor!r}")
    sizes = tuple([math.floor(length * scale) for length, scale in zip(input.shape[2:], given, strict=True)])
    return sizes, (None,) * axes if recompute else given


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Move channels into pixels: y[c, i·r + k, j·r + l] = x[(c·r + k)·r + l, i, j], r being the factor.

    Args:
        input: (..., C·r², H, W).
        upscale_factor: r.

    Returns:
        (..., C, H·r, W·r).

    Raises:
        RuntimeError: there are fewer than three axes, the factor is below 1, or r² does not divide the channels.

    Ref: Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network", 2016.
    """
    op, r = "pixel_shuffle", upscale_factor
    _check_images(op, input, "upscale_factor", r)
    *lead, channels, h, w = input.shape
    if channels % (r * r):
        raise RuntimeError(
            f"{op}: expected a number of channels that upscale_factor² = {r * r} divides, got input {input.shape}"
        )
    n, c = len(lead), channels // (r * r)
    split = ops.reshape(input, (*lead, c, r, r, h, w))
    moved = ops.permute(split, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return ops.reshape(moved, (*lead, c, h * r, w * r))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Move pixels into channels: the inverse of `pixel_shuffle` with the same factor r.

    Args:
        input: (..., C, H·r, W·r).
        downscale_factor: r.

    Returns:
        (..., C·r², H, W).

    Raises:
        RuntimeError: there are fewer than three axes, the factor is below 1, or r does not divide height and width.
    """
    op, r = "pixel_unshuffle", downscale_factor
    _check_images(op, input, "downscale_factor", r)
    *lead, c, height, width = input.shape
    if height % r or width % r:
        raise RuntimeError(f"{op}: expected height and width that {r} divides, got input {input.shape}")
    n, h, w = len(lead), height // r, width // r
    split = ops.reshape(input, (*lead, c, h, r, w, r))
    moved = ops.permute(split, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return ops.reshape(moved, (*lead, c * r * r, h, w))


def _check_images(op: str, input: Tensor, name: str, factor: int) -> None:
    check_tensors(op, input=input)
    if input.ndim < 3:
        raise RuntimeError(f"{op}: expected input (..., C, H, W), got {input.shape}")
    if factor < 1:
        raise RuntimeError(f"{op}: expected {name} of at least 1, got {factor}")
