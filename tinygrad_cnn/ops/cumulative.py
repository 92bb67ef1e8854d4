"""Running sums and products along an axis."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._dtypes import float32, float64, int64, is_floating
from tinygrad_cnn._types import Array, DType, DTypeLike
from tinygrad_cnn.autograd import A, T, primitive
from tinygrad_cnn.ops.arithmetic import mul
from tinygrad_cnn.ops.broadcast import cast, convert
from tinygrad_cnn.ops.join import cat
from tinygrad_cnn.ops.layout import clone
from tinygrad_cnn.ops.shape import reshape, with_axes
from tinygrad_cnn.ops.slices import narrow


@primitive()
def _cumsum(x: Array, *, dim: int, backward: bool) -> Array:
    dtype: DType = x.dtype if is_floating(x.dtype) else int64
    if backward:
        x = np.flip(x, dim)
    # in float64, as in PyTorch: in float32 the rounding error grows with the length
    y = np.cumsum(x, axis=dim, dtype=float64 if dtype == float32 else dtype).astype(dtype, copy=False)
    return np.flip(y, dim) if backward else y


@_cumsum.vjp(0)
def cumsum_vjp_0(g: A, _y: object, _x: object, *, dim: int, backward: bool) -> A:
    return _cumsum(g, dim=dim, backward=not backward)


def cumsum(input: T, dim: int, *, dtype: DTypeLike = None) -> T:
    """Compute yᵢ = x₀ + … + xᵢ along `dim`.

    Args:
        input: any shape. Integers and booleans give int64.
        dim: the axis.
        dtype: convert `input` to this dtype first.
    """
    axis = normalize_dim("cumsum", dim, input.ndim)
    x = convert(input, dtype)
    y = _cumsum(with_axes(x), dim=axis, backward=False)
    return convert(y if x.ndim else reshape(y, ()), dtype)


def cumprod(input: T, dim: int, *, dtype: DTypeLike = None) -> T:
    """Compute yᵢ = x₀ · … · xᵢ along `dim`.

    Products of 1, 2, 4, … neighbours are multiplied in turn: nothing is divided, so gradients are exact where factors
    are 0, at every order.

    Args:
        input: any shape. Integers and booleans give int64.
        dim: the axis.
        dtype: convert `input` to this dtype first.
    """
    axis = normalize_dim("cumprod", dim, input.ndim)
    x = convert(input, dtype)
    y = clone(x) if is_floating(x.dtype) else cast(x, dtype=int64)
    n = y.shape[axis] if y.ndim else 1
    reach = 1
    while reach < n:
        grown = mul(narrow(y, axis, reach, n - reach), narrow(y, axis, 0, n - reach))
        y = cat([narrow(y, axis, 0, reach), grown], axis)
        reach *= 2
    return convert(y, dtype)
