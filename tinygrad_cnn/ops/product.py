"""Products over an axis, with gradients that stay exact where factors are 0."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._dtypes import int64, is_floating
from tinygrad_cnn._types import Array, DType, DTypeLike
from tinygrad_cnn.autograd import A, T, primitive
from tinygrad_cnn.ops.broadcast import convert
from tinygrad_cnn.ops.indexing import getitem
from tinygrad_cnn.ops.join import cat, stack
from tinygrad_cnn.ops.selection import where
from tinygrad_cnn.ops.shape import reshape, transpose


@primitive()
def _prod(x: Array, *, dim: int, keepdim: bool) -> Array:
    dtype: DType = x.dtype if is_floating(x.dtype) else int64
    return np.prod(x, axis=dim, keepdims=keepdim, dtype=dtype)


@_prod.vjp(0)
def prod_vjp_0(g: A, _y: object, x: A, *, dim: int, keepdim: bool) -> A:
    kept = [1 if i == dim else size for i, size in enumerate(x.shape)]
    return (g if keepdim else reshape(g, kept)) * transpose(others(transpose(x, dim, -1)), dim, -1)


def others(x: A) -> A:
    """Return, for each element, the product of all others along the last axis.

    Recursive: multiply neighbours into pairs, and find the product of all other pairs for each pair. This times the
    neighbour is the result for an element. Nothing is divided, so results are exact where factors are 0, at every
    order of differentiation.
    """
    n = x.shape[-1]
    if n < 2:
        return where(True, 1, x)  # the product of no factors
    if n % 2:
        head, last = getitem(x, (..., slice(None, -1))), getitem(x, (..., slice(-1, None)))
        return cat([others(head) * last, _prod(head, dim=x.ndim - 1, keepdim=True)], -1)
    even, odd = getitem(x, (..., slice(None, None, 2))), getitem(x, (..., slice(1, None, 2)))
    rest = others(even * odd)
    return reshape(stack([rest * odd, rest * even], -1), x.shape)


def prod(input: T, dim: int | None = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> T:
    """Multiply elements along `dim`.

    Args:
        input: any shape. Integers and booleans give int64.
        dim: one axis; all axes by default.
        keepdim: keep the axis, with length 1; without effect if `dim` is None.
        dtype: convert `input` to this dtype first.
    """
    x = convert(input, dtype)
    if dim is None or not x.ndim:
        normalize_dim("prod", 0 if dim is None else dim, x.ndim)
        x, dim, keepdim = reshape(x, (-1,)), 0, False
    return convert(_prod(x, dim=normalize_dim("prod", dim, x.ndim), keepdim=keepdim), dtype)
