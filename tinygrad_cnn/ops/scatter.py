"""Writing by index along an axis, and adding whole slices; `scatter_add` is in `gather.py`, beside its transpose."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._types import Array, Scalar
from tinygrad_cnn.autograd import A, Operand, T, Values, Variable, primitive
from tinygrad_cnn.ops.arithmetic import add, mul
from tinygrad_cnn.ops.comparison import bitwise_or
from tinygrad_cnn.ops.gather import fitted, gather_at, positions_along, scatter_add_at, shaped
from tinygrad_cnn.ops.indexing import check_indices, index_add_zeros
from tinygrad_cnn.ops.shape import reshape, with_axes


@primitive()
def _scatter(x: Array, index: Array, src: Array, *, dim: int) -> Array:
    out = x.copy()
    out[positions_along(index, dim)] = src
    return out


@_scatter.vjp(0)
def scatter_vjp_0(g: A, _y: object, _x: object, index: A, _src: object, *, dim: int) -> A:
    return _scatter(g, index, 0, dim=dim)


@_scatter.vjp(2)
def scatter_vjp_2(g: A, _y: object, _x: object, index: A, _src: object, *, dim: int) -> A:
    return gather_at(g, index, dim=dim)


@primitive()
def _scatter_multiply(x: Array, index: Array, src: Array, *, dim: int) -> Array:
    out = x.copy()
    np.multiply.at(out, positions_along(index, dim), src)
    return out


def scatter(
    input: T,
    dim: int,
    index: Values,
    src: Operand | None = None,
    *,
    value: Scalar | None = None,
    reduce: str | None = None,
) -> T:
    """Return `input` with elements of `src` written along `dim`: ``out[i][index[i][j]] = src[i][j]`` for dim = 1.

    If an element is indexed several times, the last write wins, and each of the values receives the gradient.

    Args:
        input: the tensor to copy.
        dim: the axis that `index` counts along.
        index: int64 or int32, with as many axes as `input` and no longer than it along the others.
        src: the values, at least as long as `index` along every axis, of the dtype of `input`; or one number.
        value: the number, as a keyword argument.
        reduce: "add" or "multiply" to combine with the old values; "multiply" has no gradient.

    Raises:
        RuntimeError: `index` or `src` does not fit in shape, an index is out of range, a dtype does not fit, or
            `reduce` is unknown.
        TypeError: both or neither of `src` and `value` are given.
    """
    given = value if src is None else src
    if given is None or (src is not None and value is not None):
        raise TypeError(f"scatter: expected src or value, got {'neither' if given is None else 'both'}")
    if reduce not in (None, "add", "multiply"):
        raise RuntimeError(f"scatter: expected reduce None, 'add' or 'multiply', got {reduce!r}")
    x, positions, values, axis = fitted("scatter", input, dim, index, given)
    compute = {None: _scatter, "add": scatter_add_at, "multiply": _scatter_multiply}[reduce]
    return shaped(compute(x, positions, values, dim=axis), input.shape)


def index_add(input: T, dim: int, index: Values, source: Values, *, alpha: Scalar = 1) -> T:
    """Return `input` with alpha times the slices of `source` added at `index` along `dim`.

    A slice that is indexed several times receives every addend.

    Args:
        input: the tensor to add to.
        dim: the axis.
        index: an int64 or int32 vector, or one number.
        source: as long as `index` along `dim` and shaped like `input` along the others; of its dtype.
        alpha: a factor.

    Raises:
        RuntimeError: shapes or dtypes do not fit, or an index is out of range.
        IndexError: `index` is not a vector.
    """
    axis = normalize_dim("index_add", dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_add: expected index as a vector, got shape {index.shape}")
    if input.dtype != source.dtype:
        raise RuntimeError(f"index_add: expected source of the dtype of the input, {input.dtype}, got {source.dtype}")
    x, parts = with_axes(input), with_axes(source)
    positions = reshape(index, (-1,))
    expected = x.shape[:axis] + positions.shape + x.shape[axis + 1 :]
    if parts.shape != expected:
        raise RuntimeError(f"index_add: expected source of shape {expected}, got {source.shape}")
    check_indices("index_add", positions, x.shape[axis])
    at = (slice(None),) * axis + (positions.array if isinstance(positions, Variable) else positions,)
    if input.dtype.kind != "f" and isinstance(alpha, float):
        raise RuntimeError(f"index_add: expected alpha as an int for tensors of {input.dtype}, got {alpha}")
    added = index_add_zeros(parts if alpha == 1 else mul(parts, alpha), index=at, shape=x.shape)
    return shaped(bitwise_or(x, added) if input.dtype.kind == "b" else add(x, added), input.shape)
