"""Padding: by a constant, or by copies of the input's positions."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array, Pair, Scalar, Shape
from tinygrad_cnn.autograd import A, Spec, primitive

Padding = tuple[Pair, ...]


def _borders(shape: Shape, padding: Padding, mode: str) -> dict[int, Array]:
    """Return, for each axis that is padded, the position that each position of the result copies."""
    return {
        axis: kernels.border_sources(shape[axis], around, mode) for axis, around in enumerate(padding) if any(around)
    }


@primitive()
def pad(x: Array, *, padding: Padding, mode: str, value: Scalar = 0) -> Array:
    """Return x with (before, after) positions added around each axis; a negative number cuts positions off.

    `mode` "constant" adds `value`, "reflect" mirrors x without repeating its border, "replicate" repeats the border,
    "circular" continues from the opposite end.
    """
    if mode == "constant":
        y = kernels.pad_constant(x, padding, value)
    else:
        y = kernels.copy_along(x, _borders(x.shape, padding, mode))
    return y.copy() if np.may_share_memory(x, y) else y


@pad.vjp(0)
def pad_vjp_0(g: A, _y: object, x: Spec, *, padding: Padding, mode: str, **_: object) -> A:
    return pad_input(g, shape=x.shape, padding=padding, mode=mode)


@primitive()
def pad_input(g: Array, *, shape: Shape, padding: Padding, mode: str) -> Array:
    """Return zeros of `shape` with each element of g added where `pad` copied it from; those of `value` are dropped."""
    if mode == "constant":
        gx = kernels.pad_constant(g, tuple([(-before, -after) for before, after in padding]))
    else:
        gx = kernels.add_along(g, _borders(shape, padding, mode), shape)
    return gx.copy() if np.may_share_memory(g, gx) else gx


@pad_input.vjp(0)
def pad_input_vjp_0(g: A, _y: object, _x: object, *, shape: Shape, padding: Padding, mode: str) -> A:  # noqa: ARG001
    return pad(g, padding=padding, mode=mode)
