"""Convolution. Its two gradients are ops as well, and the three are each other's VJPs.

    y = conv2d(x, w)      gx = conv2d_input(g, w)      gw = conv2d_weight(x, g)

Each is linear in each argument; each takes two of (x, w, y) and computes the third. So the six VJPs below give the
gradients of every order. `conv1d` is a `conv2d` of height 1, and `conv_transpose2d` is `conv2d_input` with a bias.
"""

from __future__ import annotations

from typing import TypedDict

from typing_extensions import Unpack

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Around, Padding2d, Pair, Shape
from tinygrad_cnn.autograd import A, Spec, T, Values, primitive
from tinygrad_cnn.kernels.windows import lift
from tinygrad_cnn.ops.reduce import sum
from tinygrad_cnn.ops.shape import squeeze, unsqueeze


class Geometry(TypedDict):
    """How a convolution moves over its input, as keyword arguments."""

    stride: Pair
    padding: Padding2d
    dilation: Pair
    groups: int


@primitive(kernels.conv2d)
def conv2d(
    x: T, w: Values, b: Values | None, *, stride: Pair, padding: Padding2d, dilation: Pair, groups: int
) -> T: ...


conv2d_input = primitive()(kernels.conv2d_input)
conv2d_weight = primitive()(kernels.conv2d_weight)


@conv2d.vjp(0)
def conv2d_vjp_0(g: A, _y: object, x: Spec, w: A, _b: object, **how: Unpack[Geometry]) -> A:
    return conv2d_input(g, w, input_size=x.shape[2:], **how)


@conv2d.vjp(1)
def conv2d_vjp_1(g: A, _y: object, x: A, w: Spec, _b: object, **how: Unpack[Geometry]) -> A:
    return conv2d_weight(x, g, kernel_size=(w.shape[2], w.shape[3]), **how)


@conv2d.vjp(2)
def conv2d_vjp_2(g: A, _y: object, _x: object, _w: object, _b: object, **_: object) -> A:
    return sum(g, (0, 2, 3))


@conv2d_input.vjp(0)
def conv2d_input_vjp_0(g: A, _y: object, _x: object, w: A, *, input_size: Shape, **how: Unpack[Geometry]) -> A:  # noqa: ARG001
    return conv2d(g, w, None, **how)


@conv2d_input.vjp(1)
def conv2d_input_vjp_1(g: A, _y: object, x: A, w: Spec, *, input_size: Shape, **how: Unpack[Geometry]) -> A:  # noqa: ARG001
    return conv2d_weight(g, x, kernel_size=(w.shape[2], w.shape[3]), **how)


@conv2d_weight.vjp(0)
def conv2d_weight_vjp_0(g: A, _y: object, x: Spec, u: A, *, kernel_size: Shape, **how: Unpack[Geometry]) -> A:  # noqa: ARG001
    return conv2d_input(u, g, input_size=x.shape[2:], **how)


@conv2d_weight.vjp(1)
def conv2d_weight_vjp_1(g: A, _y: object, x: A, _u: object, *, kernel_size: Shape, **how: Unpack[Geometry]) -> A:  # noqa: ARG001
    return conv2d(x, g, None, **how)


@primitive(kernels.conv1d)
def conv1d(x: T, w: Values, b: Values | None, *, stride: Shape, padding: Around, dilation: Shape, groups: int) -> T: ...


@conv1d.vjp(0)
def conv1d_vjp_0(g: A, _y: object, x: Spec, w: A, _b: object, **how: object) -> A:
    size = (1, x.shape[2])
    return squeeze(conv2d_input(unsqueeze(g, 2), unsqueeze(w, 2), input_size=size, **lift(how)), 2)


@conv1d.vjp(1)
def conv1d_vjp_1(g: A, _y: object, x: A, w: Spec, _b: object, **how: object) -> A:
    size = (1, w.shape[2])
    return squeeze(conv2d_weight(unsqueeze(x, 2), unsqueeze(g, 2), kernel_size=size, **lift(how)), 2)


@conv1d.vjp(2)
def conv1d_vjp_2(g: A, _y: object, _x: object, _w: object, _b: object, **_: object) -> A:
    return sum(g, (0, 2))


@primitive(kernels.conv_transpose2d)
def conv_transpose2d(
    x: T, w: Values, b: Values | None, *, input_size: Shape, stride: Shape, padding: Around, dilation: Shape,
    groups: int,
) -> T: ...  # fmt: skip


@conv_transpose2d.vjp(0)
def conv_transpose2d_vjp_0(
    g: A,
    _y: object,
    _x: object,
    w: A,
    _b: object,
    *,
    input_size: Shape,  # noqa: ARG001
    **how: Unpack[Geometry],
) -> A:
    return conv2d(g, w, None, **how)


@conv_transpose2d.vjp(1)
def conv_transpose2d_vjp_1(
    g: A,
    _y: object,
    x: A,
    w: Spec,
    _b: object,
    *,
    input_size: Shape,  # noqa: ARG001
    **how: Unpack[Geometry],
) -> A:
    return conv2d_weight(g, x, kernel_size=(w.shape[2], w.shape[3]), **how)


@conv_transpose2d.vjp(2)
def conv_transpose2d_vjp_2(g: A, _y: object, _x: object, _w: object, _b: object, **_: object) -> A:
    return sum(g, (0, 2, 3))
