"""Resizing by nearest neighbour or linear interpolation: both are linear in x, and the VJP is the transpose."""

from __future__ import annotations

from typing import Required, TypedDict

import numpy as np
from typing_extensions import Unpack

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import A, Spec, primitive
from tinygrad_cnn.kernels.interpolate import Blend

Scales = tuple[float | None, ...]


class Resizing(TypedDict, total=False):
    """How positions of the result are mapped to positions of the input, as keyword arguments; see `interpolate`."""

    scale_factor: Required[Scales]
    mode: str
    align_corners: bool


def _nearest(input_size: Shape, output_size: Shape, scale_factor: Scales) -> dict[int, Array]:
    """Return, for each axis after the channels, the position that each position of the result copies."""
    sizes = zip(input_size, output_size, scale_factor, strict=True)
    return {axis: kernels.nearest_sources(*each) for axis, each in enumerate(sizes, start=2)}


def _linear(
    input_size: Shape, output_size: Shape, scale_factor: Scales, align_corners: bool, like: Array
) -> dict[int, Blend]:
    """Return, for each axis after the channels, the positions that each position of the result blends."""
    dtype = np.float64 if like.dtype == np.float64 else np.float32
    sizes = zip(input_size, output_size, scale_factor, strict=True)
    return {axis: kernels.linear_sources(*each, align_corners, dtype) for axis, each in enumerate(sizes, start=2)}


@primitive()
def interpolate(
    x: Array, *, output_size: Shape, scale_factor: Scales, mode: str = "nearest", align_corners: bool = False
) -> Array:
    """Return x (N, C, ...) resized to `output_size`.

    With `mode` "nearest", position i of each axis copies position ⌊i / scale⌋; with "linear", it blends the two
    input positions on either side. `scale_factor` holds the scale of each axis, or None for output size / input size.
    """
    if mode == "nearest":
        return kernels.copy_along(x, _nearest(x.shape[2:], output_size, scale_factor))
    return kernels.blend_along(x, _linear(x.shape[2:], output_size, scale_factor, align_corners, x))


@interpolate.vjp(0)
def interpolate_vjp_0(g: A, _y: object, x: Spec, *, output_size: Shape, **how: Unpack[Resizing]) -> A:  # noqa: ARG001
    return interpolate_input(g, input_size=x.shape[2:], **how)


@primitive()
def interpolate_input(
    g: Array, *, input_size: Shape, scale_factor: Scales, mode: str = "nearest", align_corners: bool = False
) -> Array:
    """Return zeros (N, C, *input_size) with each element of g added, weighted, where `interpolate` read it."""
    shape = (*g.shape[:2], *input_size)
    if mode == "nearest":
        return kernels.add_along(g, _nearest(input_size, g.shape[2:], scale_factor), shape)
    return kernels.unblend_along(g, _linear(input_size, g.shape[2:], scale_factor, align_corners, g), shape)


@interpolate_input.vjp(0)
def interpolate_input_vjp_0(g: A, _y: object, x: Spec, *, input_size: Shape, **how: Unpack[Resizing]) -> A:  # noqa: ARG001
    return interpolate(g, output_size=x.shape[2:], **how)
