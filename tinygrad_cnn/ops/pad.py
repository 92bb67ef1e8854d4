"""Padding, and resizing by nearest neighbour: results made of copies of their input's places."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._types import A, Array, Pair, Scalar, Shape
from tinygrad_cnn.autograd import Spec, primitive

Padding = tuple[Pair, ...]


def _borders(shape: Shape, padding: Padding, mode: str) -> dict[int, Array]:
    """Return, for each axis that is padded, which place each place of the padded one copies."""
    return {
        axis: kernels.border_sources(shape[axis], around, mode) for axis, around in enumerate(padding) if any(around)
    }


@primitive()
def pad(x: Array, *, padding: Padding, mode: str, value: Scalar = 0) -> Array:
    """Return x with (before, after) places added around each axis; a negative number cuts places off.

    By `mode`, "constant" adds `value`, "reflect" mirrors x without repeating its border, "replicate" repeats it.
    """
    if mode == "constant":
        y = kernels.pad_constant(x, padding, value)
    else:
        y = kernels.copy_along(x, _borders(x.shape, padding, mode))
    return y.copy() if np.may_share_memory(x, y) else y


@pad.vjp(0)
def pad_vjp_0(g: A, _y: object, x: Spec, *, padding: Padding, mode: str, **_: Any) -> A:
    return pad_input(g, shape=x.shape, padding=padding, mode=mode)


@primitive()
def pad_input(g: Array, *, shape: Shape, padding: Padding, mode: str) -> Array:
    """Return (of `shape`) every place of g added where `pad` took it from; what was `value` is dropped."""
    if mode == "constant":
        gx = kernels.pad_constant(g, tuple([(-before, -after) for before, after in padding]))
    else:
        gx = kernels.add_along(g, _borders(shape, padding, mode), shape)
    return gx.copy() if np.may_share_memory(g, gx) else gx


@pad_input.vjp(0)
def pad_input_vjp_0(g: A, _y: object, _x: object, *, shape: Shape, padding: Padding, mode: str) -> A:  # noqa: ARG001
    return pad(g, padding=padding, mode=mode)


def _nearest(input_size: Shape, output_size: Shape, scale_factor: tuple[float | None, ...]) -> dict[int, Array]:
    """Return, for each axis after the channels, which place each place of the resized one copies."""
    sizes = zip(input_size, output_size, scale_factor, strict=True)
    return {axis: kernels.nearest_sources(*each) for axis, each in enumerate(sizes, start=2)}


@primitive()
def interpolate(x: Array, *, output_size: Shape, scale_factor: tuple[float | None, ...]) -> Array:
    """Return x (N, C, ...) resized to `output_size`: place i copies place ⌊i / scale⌋ of its axis.

    `scale_factor` holds the scale of each axis, or None to take output size / input size.
    """
    return kernels.copy_along(x, _nearest(x.shape[2:], output_size, scale_factor))


@interpolate.vjp(0)
def interpolate_vjp_0(g: A, _y: object, x: Spec, *, output_size: Shape, scale_factor: tuple[float | None, ...]) -> A:  # noqa: ARG001
    return interpolate_input(g, input_size=x.shape[2:], scale_factor=scale_factor)


@primitive()
def interpolate_input(g: Array, *, input_size: Shape, scale_factor: tuple[float | None, ...]) -> Array:
    """Return (N, C, *input_size) with every place of g added where `interpolate` copied it from."""
    return kernels.add_along(g, _nearest(input_size, g.shape[2:], scale_factor), (*g.shape[:2], *input_size))


@interpolate_input.vjp(0)
def interpolate_input_vjp_0(
    g: A, _y: object, x: Spec, *, input_size: Shape, scale_factor: tuple[float | None, ...]  # noqa: ARG001
) -> A:  # fmt: skip
    return interpolate(g, output_size=x.shape[2:], scale_factor=scale_factor)
