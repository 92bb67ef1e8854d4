"""Standardisation x̂ = (x − m(x)) / √(var + eps) over chosen axes, and the normalisations built from it.

`standardize_input` is the gradient as one operation: for weights w that are constant over the axes,

    gx = r·P(w·g),    P(a) = a − m(a) − x̂·m(a·x̂),    r = 1/√(var + eps)

P is symmetric, so its VJP with respect to g is P again; `standardize_input_vjp_1` derives the VJP with respect to x.
Kernels supply the mean and variance so that they need not be computed again; the VJPs pass them on only to operations
on the same x.
"""

from __future__ import annotations

from typing import TypedDict

from typing_extensions import Unpack

from tinygrad_cnn import kernels
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import A, Spec, T, Values, primitive
from tinygrad_cnn.ops.broadcast import sum_to
from tinygrad_cnn.ops.exponential import sqrt
from tinygrad_cnn.ops.reduce import mean, sum
from tinygrad_cnn.ops.shape import product, reshape

Dims = tuple[int, ...]


class Moments(TypedDict):
    """The keyword arguments that a normalisation passes on to its gradients, including the results of its kernel."""

    eps: float
    mean: Array
    var: Array


class Along(Moments):
    """`Moments` along the axes `dims`."""

    dims: Dims


standardize = primitive(supplies=("mean", "var"))(kernels.standardize)


@primitive(kernels.standardize_input)
def standardize_input(g: T, x: Values, w: Values | None, *, dims: Dims, eps: float, mean: Array, var: Array) -> T: ...


standardize_dot = primitive()(kernels.standardize_dot)


def _rstd(x: A, dims: Dims, eps: float) -> A:
    """Return 1/√(var + eps) as a function of x."""
    centred = x - mean(x, dims, keepdim=True)
    return 1 / sqrt(mean(centred * centred, dims, keepdim=True) + eps)


@standardize.vjp(0)
def standardize_vjp_0(g: A, _y: object, x: A, **how: Unpack[Along]) -> A:
    return standardize_input(g, x, None, **how)


@standardize_input.vjp(0)
def standardize_input_vjp_0(u: A, _y: object, _g: object, x: A, w: A | None, **how: Unpack[Along]) -> A:
    return standardize_input(u, x, w, **how)


@standardize_input.vjp(1)
def standardize_input_vjp_1(u: A, _y: object, g: A, x: A, w: A | None, *, dims: Dims, eps: float, **memo: Array) -> A:
    # With a = w·g: r·Σ u·P(a) varies in x through r, whose derivative is −r²·x̂/M, and through both x̂ in P.
    a = g if w is None else g * w
    count = product([x.shape[dim] for dim in dims])
    u_dot = standardize_dot(u, x, dims=dims, eps=eps, **memo) / count
    a_dot = standardize_dot(a, x, dims=dims, eps=eps, **memo) / count
    through_normal = standardize_input(u * a_dot + a * u_dot, x, None, dims=dims, eps=eps, **memo)
    through_scale = mean(u * standardize_input(a, x, None, dims=dims, eps=eps, **memo), dims, keepdim=True)
    normal = standardize(x, dims=dims, eps=eps, **memo)
    return -_rstd(x, dims, eps) * (through_normal + normal * through_scale)


@standardize_input.vjp(2)
def standardize_input_vjp_2(u: A, _y: object, g: A, x: A, _w: object, *, dims: Dims, **how: Unpack[Moments]) -> A:
    return sum(u * standardize_input(g, x, None, dims=dims, **how), dims, keepdim=True)


@standardize_dot.vjp(0)
def standardize_dot_vjp_0(u: A, _y: object, _g: object, x: A, **how: Unpack[Along]) -> A:
    return u * standardize(x, **how)


@standardize_dot.vjp(1)
def standardize_dot_vjp_1(u: A, _y: object, g: A, x: A, **how: Unpack[Along]) -> A:
    return standardize_input(g, x, u, **how)


@primitive(kernels.batch_norm, supplies=("batch_mean", "batch_var"))
def batch_norm(
    x: T, w: Values | None, b: Values | None, running_mean: Values | None, running_var: Values | None, *, eps: float
) -> T: ...


def _over_channels(shape: Shape) -> Dims:
    """Return the axes that `batch_norm` averages over: all but the channels."""
    return (0, *range(2, len(shape)))


def _along_channels(b: A, ndim: int) -> A:
    """Return b (C,) so that it broadcasts along axis 1 of `ndim`."""
    return reshape(b, (1, b.shape[0], *[1] * (ndim - 2)))


@batch_norm.vjp(0)
def batch_norm_vjp_0(
    g: A, _y: object, x: A, w: A | None, _b: object, running_mean: A | None, running_var: A | None,
    *, eps: float, batch_mean: Array, batch_var: Array,
) -> A:  # fmt: skip
    scale = None if w is None else _along_channels(w, x.ndim)
    if running_mean is None or running_var is None:
        dims = _over_channels(x.shape)
        return standardize_input(g, x, scale, dims=dims, eps=eps, mean=batch_mean, var=batch_var)
    given = g / _along_channels(sqrt(running_var + eps), x.ndim)
    return given if scale is None else given * scale


@batch_norm.vjp(1)
def batch_norm_vjp_1(
    g: A, _y: object, x: A, w: Spec, _b: object, running_mean: A | None, running_var: A | None,
    *, eps: float, batch_mean: Array, batch_var: Array,
) -> A:  # fmt: skip
    dims = _over_channels(x.shape)
    if running_mean is None or running_var is None:
        return reshape(standardize_dot(g, x, dims=dims, eps=eps, mean=batch_mean, var=batch_var), w.shape)
    return sum(g * (x - _along_channels(running_mean, x.ndim)), dims) / sqrt(running_var + eps)


@batch_norm.vjp(2)
def batch_norm_vjp_2(
    g: A, _y: object, _x: object, _w: object, _b: object, _running_mean: object, _running_var: object, **_: object
) -> A:  # fmt: skip
    return sum(g, _over_channels(g.shape))


@primitive(kernels.layer_norm, supplies=("mean", "var"))
def layer_norm(x: T, w: Values | None, b: Values | None, *, normalized_shape: Shape, eps: float) -> T: ...


@layer_norm.vjp(0)
def layer_norm_vjp_0(
    g: A, _y: object, x: A, w: A | None, _b: object, *, normalized_shape: Shape, **how: Unpack[Moments]
) -> A:
    dims = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    return standardize_input(g if w is None else g * w, x, None, dims=dims, **how)


@layer_norm.vjp(1)
def layer_norm_vjp_1(
    g: A, _y: object, x: A, _w: object, _b: object, *, normalized_shape: Shape, **how: Unpack[Moments]
) -> A:
    dims = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    return sum_to(g * standardize(x, dims=dims, **how), shape=normalized_shape)


@layer_norm.vjp(2)
def layer_norm_vjp_2(
    g: A, _y: object, _x: object, _w: object, _b: object, *, normalized_shape: Shape, **_: object
) -> A:
    return sum_to(g, shape=normalized_shape)


@primitive(kernels.group_norm, supplies=("mean", "var"))
def group_norm(x: T, w: Values | None, b: Values | None, *, num_groups: int, eps: float) -> T: ...


def _groups(x: A, num_groups: int) -> A:
    """Return x (N, C, ...) as (N, G, C/G·...)."""
    return reshape(x, (x.shape[0], num_groups, product(x.shape[1:]) // num_groups))


@group_norm.vjp(0)
def group_norm_vjp_0(g: A, _y: object, x: A, w: A | None, _b: object, *, num_groups: int, **how: Unpack[Moments]) -> A:
    scaled = _groups(g if w is None else g * _along_channels(w, g.ndim), num_groups)
    return reshape(standardize_input(scaled, _groups(x, num_groups), None, dims=(2,), **how), x.shape)


@group_norm.vjp(1)
def group_norm_vjp_1(g: A, _y: object, x: A, _w: object, _b: object, *, num_groups: int, **how: Unpack[Moments]) -> A:
    normal = reshape(standardize(_groups(x, num_groups), dims=(2,), **how), x.shape)
    return sum(g * normal, _over_channels(g.shape))


@group_norm.vjp(2)
def group_norm_vjp_2(g: A, _y: object, _x: object, _w: object, _b: object, **_: object) -> A:
    return sum(g, _over_channels(g.shape))
