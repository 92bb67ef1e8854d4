"""Reading and writing by index, by PyTorch's rules; a read's gradient adds back at the same positions."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from types import EllipsisType
from typing import Any, TypeAlias
from typing import cast as cast_type

import numpy as np

from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._dtypes import check_real
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import A, Node, Operand, Source, Spec, T, Values, Variable, primitive
from tinygrad_cnn.autograd.pending import SparseSum
from tinygrad_cnn.ops.broadcast import Args, broadcast_to, cast, fit, sum_to
from tinygrad_cnn.ops.selection import where
from tinygrad_cnn.ops.shape import reshape

Part: TypeAlias = int | slice | EllipsisType | Array | None
"""One part of an index, as NumPy takes it."""

Index: TypeAlias = tuple[Part, ...]


@primitive(views=True)
def _getitem(x: Array, *, index: Index) -> Array:
    return x[index]


@_getitem.vjp(0)
def getitem_vjp_0(g: A, _y: object, x: Spec, *, index: Index) -> A:
    return index_add_zeros(g, index=index, shape=x.shape)


@primitive()
def index_add_zeros(g: Array, *, index: Index, shape: Shape) -> Array:
    """Return zeros of `shape` with g added at `index`; an element that is indexed twice receives both."""
    out = np.zeros(shape, g.dtype)
    _add_at(out, g, index=index)
    return out


def _add_at(out: Array, g: Array, *, index: Index) -> None:
    """Add g to `out` at `index`."""
    if _is_basic(index):
        out[index] += g
    else:
        np.add.at(out, cast_type(Any, index), g)


def _sparse_gradient(node: Node, g: object, _wanted: Sequence[bool]) -> list[SparseSum] | None:
    """Return the gradient of a read as a `SparseSum`; gradients of other reads of the same tensor are added to it."""
    shape = cast_type(Source, node.parents[0]).shape
    return [SparseSum(_add_at, g, node.attrs, shape)] if isinstance(g, np.ndarray) else None


_getitem.gradients = _sparse_gradient


@index_add_zeros.vjp(0)
def index_add_zeros_vjp_0(g: A, _y: object, _x: object, *, index: Index, shape: Shape) -> A:  # noqa: ARG001
    return _getitem(g, index=index)


def getitem(input: T, index: object) -> T:
    """Return input[index] by PyTorch's rules: integers, slices, None, ..., and integer or boolean tensors.

    Integers, including 0-d integer tensors, select before index tensors: ``x[0, :, [1, 2]]`` is ``x[0][:, [1, 2]]``,
    where NumPy would put the axis of the list first. Index tensors are broadcast against each other; the axes of the
    result stand where the first index tensor stood, or in front if the index tensors are not adjacent. A boolean tensor
    stands for the indices of its true elements. Without tensors and lists in the index, the result is a view. Slices
    may step backwards, as NumPy's do.

    Raises:
        IndexError: an index is out of range, of a wrong type, or there are too many.
    """
    first, then = split_index(as_index(index), input.ndim)
    try:
        y = _getitem(input, index=first)
        return y if then is None else _getitem(y, index=then)
    except IndexError as error:
        raise IndexError(f"indexing a tensor of shape {input.shape}: {error}") from None


def as_index(index: object) -> Index:
    """Return `index` as NumPy takes it: a tuple, with arrays for tensors and lists. It reads arrays, never scalars.

    Raises:
        IndexError: a tensor in it holds neither integers nor booleans, or is of uint8, which PyTorch takes as a mask
            (deprecated) and NumPy as integers.
    """
    parts = [_as_part(part) for part in (index if isinstance(index, tuple) else (index,))]
    if not any(part is Ellipsis or isinstance(part, np.ndarray) for part in parts):
        parts.append(Ellipsis)
    return tuple(parts)


def _as_part(part: object) -> Part:
    if part is None or part is Ellipsis or isinstance(part, int):
        return part
    if isinstance(part, slice):
        return slice(*[None if one is None else operator.index(one) for one in (part.start, part.stop, part.step)])
    if isinstance(part, Variable):
        part = part.array
    elif isinstance(part, Sequence) and not isinstance(part, str):
        part = np.asarray([one.array if isinstance(one, Variable) else one for one in part], None if part else np.int64)
    if not isinstance(part, np.ndarray | np.generic):
        raise IndexError(f"indexing: expected integers, slices, ..., None or tensors, got {type(part).__name__}")
    if part.dtype == np.uint8:
        raise IndexError("indexing: expected integers or booleans, got uint8; use .bool() for a mask, .long() to pick")
    if part.dtype.kind not in "bi":
        raise IndexError(f"indexing: expected integers or booleans, got a tensor of {part.dtype}")
    return int(part) if part.ndim == 0 and part.dtype.kind != "b" else np.asarray(part)


def split_index(index: Index, ndim: int) -> tuple[Index, Index | None]:
    """Split `index` into two reads, integers before arrays; the second is None where one read is enough.

    Beside arrays, a ``...`` that stands for none of the `ndim` axes is dropped: NumPy would put the arrays' axes first.
    """
    if _is_basic(index):
        return index, None
    named = [part for part in index if part is not None and part is not Ellipsis]
    if sum([_axes_of(part) for part in named]) == ndim:  # noqa: C419 - a list is faster
        index = tuple([part for part in index if part is not Ellipsis])
    if not any(isinstance(part, int) and not isinstance(part, bool) for part in named):
        return index, None
    first: list[Part] = []
    then: list[Part] = []
    for part in index:
        if isinstance(part, bool | np.ndarray):
            first.extend([slice(None)] * _axes_of(part))
            then.append(part)
        else:
            first.append(part)
            if not isinstance(part, int):
                then.append(Ellipsis if part is Ellipsis else slice(None))
    return tuple(first), tuple(then)


def _axes_of(part: Part) -> int:
    """Return how many axes of the input this part of an index takes."""
    if isinstance(part, bool):
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == bool else 1


def _is_basic(index: Index) -> bool:
    """Return whether `index` selects each element at most once: integers, slices, None and ... only."""
    return not any(isinstance(part, bool | np.ndarray) for part in index)


def like_first(args: Args) -> Args:
    """Return `args`; the last one, if it is a tensor, is cast to the dtype of the first."""
    x, *between, value = args
    if isinstance(value, Variable) and value.dtype != x.dtype:
        value = cast(value, dtype=x.dtype)
    return (x, *between, value)


def _fit_value(g: T, shape: Shape) -> T:
    """Return the gradient of a written value of `shape`, which may have extra leading axes of length 1."""
    extra = max(len(shape) - g.ndim, 0)
    return reshape(sum_to(g, shape=shape[extra:]), shape)


@primitive(prepare=like_first, fit=_fit_value)
def _setitem(x: Array, value: Array, *, index: Index, then: Index | None = None) -> Array:
    out = x.copy()
    if then is None:
        out[index] = value
    else:
        out[index][then] = value  # the first index has no arrays, so this is a view
    return out


@_setitem.vjp(0)
def setitem_vjp_0(g: A, _y: object, _x: object, _value: object, *, index: Index, then: Index | None = None) -> A:
    return _setitem(g, 0, index=index, then=then)


@_setitem.vjp(1)
def setitem_vjp_1(g: A, _y: object, _x: object, _value: object, *, index: Index, then: Index | None = None) -> A:
    read = _getitem(g, index=index)
    return read if then is None else _getitem(read, index=then)


def setitem(input: T, value: Operand, *, index: object) -> T:
    """Return a copy of `input` with `value` written at `index`, after broadcasting and conversion to its dtype.

    If an element is indexed twice, the last write wins and, as in PyTorch, each of the values receives the gradient.

    Args:
        input: the tensor to copy.
        value: a number or a tensor that broadcasts to ``input[index]``.
        index: as for `getitem`.

    Raises:
        IndexError: as for `getitem`.
        RuntimeError: `value` does not broadcast to ``input[index]``.
    """
    first, then = split_index(as_index(index), input.ndim)
    try:
        return _setitem(input, value, index=first) if then is None else _setitem(input, value, index=first, then=then)
    except IndexError as error:
        raise IndexError(f"indexing a tensor of shape {input.shape}: {error}") from None
    except ValueError as error:
        raise RuntimeError(f"writing into a tensor of shape {input.shape}: {error}") from None


def index_select(input: T, dim: int, index: Values) -> T:
    """Return the slices of `input` at `index` along `dim`, in that order.

    Args:
        input: any tensor.
        dim: the axis.
        index: int32 or int64, 1-d or 0-d; not negative.

    Raises:
        IndexError: `index` is not a vector.
        RuntimeError: an index is out of range, or not of an integer dtype.
    """
    axis = normalize_dim("index_select", dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_select: expected index as a vector, got shape {index.shape}")
    check_indices("index_select", index, input.shape[axis] if input.ndim else 1)
    if not input.ndim:
        if index.shape not in ((), (1,)):
            raise RuntimeError(f"index_select: expected one index into a 0-d tensor, got {index.shape[0]}")
        return reshape(input, ())
    return getitem(input, (slice(None),) * axis + (reshape(index, (-1,)),))


def check_indices(op: str, index: Array | Variable, size: int) -> None:
    """Raise unless `index` holds int32 or int64 numbers from 0 to `size` − 1."""
    if index.dtype not in (np.int32, np.int64):
        raise RuntimeError(f"{op}: expected an index of int64 or int32, got {index.dtype}; convert it with .long()")
    values = index.array if isinstance(index, Variable) else index
    if values.size and not (int(values.min()) >= 0 and int(values.max()) < size):
        raise RuntimeError(f"{op}: expected indices in [0, {size - 1}], got {values.min()} to {values.max()}")


@primitive(prepare=like_first, fit=fit)
def _masked_fill(x: Array, mask: Array, value: Array) -> Array:
    return np.where(mask, np.asarray(value).astype(x.dtype), x)


@_masked_fill.vjp(0)
def masked_fill_vjp_0(g: A, _y: object, _x: object, mask: A, _value: object) -> A:
    return _masked_fill(g, mask, 0)


@_masked_fill.vjp(2)
def masked_fill_vjp_2(g: A, _y: object, _x: object, mask: A, _value: object) -> A:
    return where(mask, g, 0)


def masked_fill(input: T, mask: Values, value: Operand) -> T:
    """Return `input` with `value`, converted to its dtype, where `mask` holds.

    Args:
        input: any tensor.
        mask: booleans; the two broadcast against each other.
        value: a number or a 0-d tensor.

    Raises:
        RuntimeError: `mask` is not of booleans, `value` has axes, or the shapes do not broadcast.
    """
    _check_mask("masked_fill", input, mask)
    check_real("masked_fill", value)
    shape = value.shape if isinstance(value, Variable | np.ndarray) else ()
    if shape:
        raise RuntimeError(f"masked_fill: expected value as a number or a 0-d tensor, got shape {shape}")
    return _masked_fill(input, mask, value)


def masked_select(input: T, mask: Values) -> T:
    """Return the elements where `mask` holds, as a 1-d tensor; the two broadcast against each other.

    Raises:
        RuntimeError: `mask` is not of booleans, or the shapes do not broadcast.
    """
    shape = _check_mask("masked_select", input, mask)
    return getitem(broadcast_to(input, shape=shape), broadcast_to(mask, shape=shape))


def _check_mask(op: str, x: Values, mask: Values) -> Shape:
    """Return the common shape of a tensor and its mask."""
    if not isinstance(mask, Variable | np.ndarray):
        raise TypeError(f"{op}: expected mask as a tensor, got {type(mask).__name__}")
    if mask.dtype != bool:
        raise RuntimeError(f"{op}: expected a mask of booleans, got {mask.dtype}; convert it with .bool()")
    try:
        return np.broadcast_shapes(x.shape, mask.shape)
    except ValueError:
        raise RuntimeError(f"{op}: the mask, {mask.shape}, does not broadcast against {x.shape}") from None
