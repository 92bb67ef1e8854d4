"""Norms of vectors: the p-th root of the sum of p-th powers, and its limits at p = 0, ∞ and −∞."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_cnn import kernels
from tinygrad_cnn._checks import normalize_dims
from tinygrad_cnn._dtypes import as_dtype, is_floating
from tinygrad_cnn._types import Array, DTypeLike
from tinygrad_cnn.autograd import A, T, primitive
from tinygrad_cnn.ops.arithmetic import abs, sign
from tinygrad_cnn.ops.broadcast import broadcast_to, cast, convert
from tinygrad_cnn.ops.exponential import pow
from tinygrad_cnn.ops.reduce import Dims, keep_axes, sum
from tinygrad_cnn.ops.selection import where
from tinygrad_cnn.ops.shape import product, reshape


@primitive()
def _norm(x: Array, *, p: float, dim: tuple[int, ...], keepdim: bool) -> Array:
    size = np.abs(x)
    if math.isinf(p):
        return (np.max if p > 0 else np.min)(size, axis=dim, keepdims=keepdim)
    with np.errstate(divide="ignore", over="ignore"):
        if p == 0:
            return np.sum(size != 0, axis=dim, keepdims=keepdim, dtype=x.dtype)
        if p == 1:
            return kernels.total(size, dim, keepdim)
        if p == 2:
            return np.sqrt(kernels.dot(x, x, dim, keepdim))
        return np.power(kernels.total(np.power(size, p), dim, keepdim), 1 / p)


@_norm.vjp(0)
def norm_vjp_0(g: A, y: A, x: A, *, p: float, dim: tuple[int, ...], **_: bool) -> A:
    kept = keep_axes(x.shape, dim)
    g, y = reshape(g, kept), reshape(y, kept)
    if p == 0:
        return broadcast_to(where(False, g, 0), shape=x.shape)
    if p == 1:
        return g * sign(x)
    if p in (_INFINITY, -_INFINITY):
        ties = cast(abs(x) == y, dtype=x.dtype)
        shared = sum(ties, dim, keepdim=True)
        return g * sign(x) * (ties / where(shared == 0, 1, shared))
    divisor = where(y == 0, 1, y)
    if p == 2:  # smooth wherever the norm is not 0, even at elements that are 0
        return where(y == 0, 0, g * (x / divisor))
    # sign(x) · (|x| / y)ᵖ⁻¹, and 0 where x = 0: the slope, or a subgradient if there is none
    flat = (x == 0) | (y == 0)
    ratio = where(flat, 1, x) / divisor
    return where(flat, 0, g * (sign(x) * pow(abs(ratio), p - 1)))


_INFINITY = math.inf


def norm(
    input: T,
    p: float | str | None = "fro",
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike = None,
) -> T:
    """Compute the vector norm (Σ |x|ᵖ)^(1/p) along `dim`.

    The limits are taken at p = ∞ and −∞ (the largest and the smallest |x|; equal elements share the gradient evenly)
    and at p = 0 (the number of nonzero elements). The gradient is 0, never NaN, for elements that are 0 and where the
    norm is 0.

    Args:
        input: any shape, floating point.
        p: the order, a number; "fro" and None stand for 2.
        dim: one axis or several, taken together as one vector; all of them by default.
        keepdim: keep the axes, with length 1.
        dtype: convert `input` to this dtype first.

    Raises:
        RuntimeError: `p` is another name, `input` is not floating point, or there are no elements to take the smallest
            or largest of.
    """
    if p is None or p == "fro":
        p = 2
    if isinstance(p, str):
        raise RuntimeError(f"norm: expected p as a number or 'fro', got {p!r}")
    if not is_floating(input.dtype):
        raise RuntimeError(f"norm: expected a floating-point input, got {input.dtype}; convert it with .float()")
    if dtype is not None and not is_floating(as_dtype(dtype)):
        raise RuntimeError(f"norm: expected a floating-point dtype, got {as_dtype(dtype)}")
    dims = normalize_dims("norm", dim, input.ndim)
    if (p < 0 or p == math.inf) and not product([input.shape[axis] for axis in dims]):
        raise RuntimeError(f"norm: expected elements for p={p}, got shape {input.shape} with none along dim {dims}")
    return _norm(convert(input, dtype), p=float(p), dim=dims, keepdim=keepdim)
