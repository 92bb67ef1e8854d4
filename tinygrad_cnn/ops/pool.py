"""Max and average pooling, over windows of one size or to one output size."""

from __future__ import annotations

from typing import TypedDict

from typing_extensions import Unpack

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Around, Array, Padding2d, Pair, Shape
from tinygrad_cnn.autograd import A, Spec, T, primitive
from tinygrad_cnn.kernels.windows import lift
from tinygrad_cnn.ops.gather import scatter_add_zeros
from tinygrad_cnn.ops.shape import flatten, reshape, squeeze, unsqueeze
from tinygrad_cnn.ops.windows import Windows

max_pool2d = primitive(supplies=("taps",))(kernels.max_pool2d)
max_pool2d_scatter = primitive()(kernels.max_pool2d_scatter)
max_pool2d_gather = primitive()(kernels.max_pool2d_gather)


@max_pool2d.vjp(0)
def max_pool2d_vjp_0(g: A, _y: object, x: Spec, *, taps: Array, **how: Unpack[Windows]) -> A:
    return max_pool2d_scatter(g, taps, input_size=x.shape[2:], **how)


@max_pool2d_scatter.vjp(0)
def max_pool2d_scatter_vjp_0(g: A, _y: object, _x: object, taps: A, *, input_size: Shape, **how: Unpack[Windows]) -> A:  # noqa: ARG001
    return max_pool2d_gather(g, taps, **how)


@max_pool2d_gather.vjp(0)
def max_pool2d_gather_vjp_0(g: A, _y: object, x: Spec, taps: A, **how: Unpack[Windows]) -> A:
    return max_pool2d_scatter(g, taps, input_size=x.shape[2:], **how)


class Averages(TypedDict):
    """The geometry of averaging windows, as keyword arguments; `counted` is the padding that counts as elements."""

    kernel_size: Pair
    stride: Pair
    padding: Padding2d
    counted: Padding2d
    divisor_override: int | None


avg_pool2d = primitive()(kernels.avg_pool2d)
avg_pool2d_input = primitive()(kernels.avg_pool2d_input)


@avg_pool2d.vjp(0)
def avg_pool2d_vjp_0(g: A, _y: object, x: Spec, **how: Unpack[Averages]) -> A:
    return avg_pool2d_input(g, input_size=x.shape[2:], **how)


@avg_pool2d_input.vjp(0)
def avg_pool2d_input_vjp_0(g: A, _y: object, _x: object, *, input_size: Shape, **how: Unpack[Averages]) -> A:  # noqa: ARG001
    return avg_pool2d(g, **how)


@primitive(kernels.max_pool1d, supplies=("taps",))
def max_pool1d(x: T, *, kernel_size: Shape, stride: Shape, padding: Around, dilation: Shape) -> T: ...


@max_pool1d.vjp(0)
def max_pool1d_vjp_0(g: A, _y: object, x: Spec, *, taps: Array, **how: object) -> A:
    size = (1, x.shape[2])
    return squeeze(max_pool2d_scatter(unsqueeze(g, 2), unsqueeze(taps, 2), input_size=size, **lift(how)), 2)


@primitive(kernels.avg_pool1d)
def avg_pool1d(
    x: T,
    *,
    kernel_size: Shape,
    stride: Shape,
    padding: Around,
    counted: Around,
    divisor_override: int | None,
) -> T: ...


@avg_pool1d.vjp(0)
def avg_pool1d_vjp_0(g: A, _y: object, x: Spec, **how: object) -> A:
    return squeeze(avg_pool2d_input(unsqueeze(g, 2), input_size=(1, x.shape[2]), **lift(how)), 2)


adaptive_avg_pool2d = primitive()(kernels.adaptive_avg_pool2d)
adaptive_avg_pool2d_input = primitive()(kernels.adaptive_avg_pool2d_input)


@adaptive_avg_pool2d.vjp(0)
def adaptive_avg_pool2d_vjp_0(g: A, _y: object, x: Spec, **_: object) -> A:
    return adaptive_avg_pool2d_input(g, input_size=x.shape[2:])


@adaptive_avg_pool2d_input.vjp(0)
def adaptive_avg_pool2d_input_vjp_0(g: A, _y: object, x: Spec, **_: object) -> A:
    h, w = x.shape[2:]
    return adaptive_avg_pool2d(g, output_size=(h, w))


adaptive_max_pool2d = primitive(supplies=("positions",))(kernels.adaptive_max_pool2d)


@adaptive_max_pool2d.vjp(0)
def adaptive_max_pool2d_vjp_0(g: A, _y: object, x: Spec, *, positions: Array, **_: object) -> A:
    n, c, h, w = x.shape
    planes = scatter_add_zeros(flatten(g, 2), flatten(positions, 2), dim=2, shape=(n, c, h * w))
    return reshape(planes, x.shape)
