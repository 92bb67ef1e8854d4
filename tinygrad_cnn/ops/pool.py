"""Two-dimensional max and average pooling."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn import kernels
from tinygrad_cnn._types import A, Array, Shape
from tinygrad_cnn.autograd import Spec, primitive

max_pool2d = primitive(supplies=("taps",))(kernels.max_pool2d)
max_pool2d_scatter = primitive()(kernels.max_pool2d_scatter)
max_pool2d_gather = primitive()(kernels.max_pool2d_gather)


@max_pool2d.vjp(0)
def max_pool2d_vjp_0(g: A, _y: object, x: Spec, *, taps: Array, **how: Any) -> A:
    return max_pool2d_scatter(g, taps, input_size=x.shape[2:], **how)


@max_pool2d_scatter.vjp(0)
def max_pool2d_scatter_vjp_0(g: A, _y: object, _x: object, taps: A, *, input_size: Shape, **how: Any) -> A:  # noqa: ARG001
    return max_pool2d_gather(g, taps, **how)


@max_pool2d_gather.vjp(0)
def max_pool2d_gather_vjp_0(g: A, _y: object, x: Spec, taps: A, **how: Any) -> A:
    return max_pool2d_scatter(g, taps, input_size=x.shape[2:], **how)


avg_pool2d = primitive()(kernels.avg_pool2d)
avg_pool2d_input = primitive()(kernels.avg_pool2d_input)


@avg_pool2d.vjp(0)
def avg_pool2d_vjp_0(g: A, _y: object, x: Spec, **how: Any) -> A:
    return avg_pool2d_input(g, input_size=x.shape[2:], **how)


@avg_pool2d_input.vjp(0)
def avg_pool2d_input_vjp_0(g: A, _y: object, _x: object, *, input_size: Shape, **how: Any) -> A:  # noqa: ARG001
    return avg_pool2d(g, **how)
