"""Changes of shape: reshape, permute, expand, squeeze. Results share memory with their input where NumPy allows it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tinygrad_cnn._checks import normalize_dim, normalize_shape
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import A, Spec, T, primitive
from tinygrad_cnn.ops.broadcast import broadcast_to as _broadcast_to


@primitive(views=True)
def _reshape(x: Array, *, shape: Shape) -> Array:
    return x.reshape(shape)


@_reshape.vjp(0)
def reshape_vjp_0(g: A, _y: object, x: Spec, *, shape: Shape) -> A:  # noqa: ARG001
    return _reshape(g, shape=x.shape)


def reshape(input: T, shape: Sequence[int]) -> T:
    """Return the elements in the same row-major order with another `shape`; one size may be −1, which is inferred.

    Raises:
        RuntimeError: the sizes do not multiply to the number of elements.
    """
    return _reshape(input, shape=_resolve("reshape", input.shape, normalize_shape("reshape", (shape,))))


def _resolve(op: str, old: Shape, new: Shape) -> Shape:
    """Return `new` with −1 replaced so that it holds as many elements as `old`."""
    total = product(old)
    if -1 not in new and product(new) == total and min(new, default=0) >= 0:
        return new
    unknown = [i for i, size in enumerate(new) if size == -1]
    known = product([size for size in new if size != -1])
    if len(unknown) > 1 or any(size < -1 for size in new):
        raise RuntimeError(f"{op}: expected sizes of at least 0 with at most one -1, got {new}")
    if unknown and known and total % known == 0:
        return tuple([total // known if size == -1 else size for size in new])
    if unknown or known != total:
        raise RuntimeError(f"{op}: shape {new} does not hold the {total} elements of shape {old}")
    return new


def product(sizes: Sequence[int]) -> int:
    """Return the number of elements of a shape."""
    result = 1
    for size in sizes:
        result *= size
    return result


def with_axes(x: T) -> T:
    """Return `x`, as a vector of one element if it is 0-d."""
    return x if x.ndim else reshape(x, (1,))


def flatten(input: T, start_dim: int = 0, end_dim: int = -1) -> T:
    """Join the axes from `start_dim` to `end_dim` (inclusive) into one; a 0-d input becomes 1-d.

    If this is a single axis already, the input itself is returned.
    """
    join = _remembered if start_dim.__class__ is int and end_dim.__class__ is int else _joined
    old = input.shape
    shape = join(old, start_dim, end_dim)
    return input if shape == old else _reshape(input, shape=shape)


def _joined(shape: Shape, start_dim: int, end_dim: int) -> Shape:
    start = normalize_dim("flatten", start_dim, len(shape))
    end = normalize_dim("flatten", end_dim, len(shape))
    if start > end:
        raise RuntimeError(f"flatten: expected start_dim ≤ end_dim, got {start_dim} and {end_dim}")
    return (*shape[:start], product(shape[start : end + 1]), *shape[end + 1 :])


_remembered = lru_cache(maxsize=1024)(_joined)


def unflatten(input: T, dim: int, sizes: Sequence[int]) -> T:
    """Split the axis `dim` into several axes of `sizes`; one size may be −1, which is inferred.

    Raises:
        RuntimeError: there are no sizes, or they do not multiply to the length of the axis.
    """
    axis = normalize_dim("unflatten", dim, input.ndim)
    parts = normalize_shape("unflatten", (sizes,))
    if not parts:
        raise RuntimeError("unflatten: expected at least one size, got none")
    parts = _resolve("unflatten", input.shape[axis : axis + 1], parts)
    return reshape(input, input.shape[:axis] + parts + input.shape[axis + 1 :])


@primitive(views=True)
def _permute(x: Array, *, dims: tuple[int, ...]) -> Array:
    return np.transpose(x, dims)


@_permute.vjp(0)
def permute_vjp_0(g: A, _y: object, _x: object, *, dims: tuple[int, ...]) -> A:
    inverse = [0] * len(dims)
    for i, dim in enumerate(dims):
        inverse[dim] = i
    return _permute(g, dims=tuple(inverse))


def permute(input: T, dims: Sequence[int]) -> T:
    """Reorder the axes: axis i of the result is axis dims[i] of the input."""
    order = tuple(normalize_dim("permute", dim, input.ndim) for dim in dims)
    if sorted(order) != list(range(input.ndim)):
        raise RuntimeError(f"permute: expected each of the {input.ndim} axes once, got dims={tuple(dims)}")
    return _permute(input, dims=order)


def transpose(input: T, dim0: int, dim1: int) -> T:
    """Exchange two axes."""
    order = list(range(input.ndim))
    i, j = normalize_dim("transpose", dim0, input.ndim), normalize_dim("transpose", dim1, input.ndim)
    if order:
        order[i], order[j] = order[j], order[i]
    return _permute(input, dims=tuple(order))


swapaxes = swapdims = transpose


def movedim(input: T, source: int | Sequence[int], destination: int | Sequence[int]) -> T:
    """Move the axes `source` to the positions `destination`; the others keep their order.

    Raises:
        RuntimeError: there are not as many positions as axes, or one is given twice.
    """
    from_, to = [
        [normalize_dim("movedim", one, input.ndim) for one in ([dims] if isinstance(dims, int) else dims)]
        for dims in (source, destination)
    ]
    if not len(from_) == len(to) == len(set(from_)) == len(set(to)):
        raise RuntimeError(f"movedim: expected as many positions as axes, each once, got {source} and {destination}")
    if not input.ndim:
        return input
    order = [axis for axis in range(input.ndim) if axis not in from_]
    for position, axis in sorted(zip(to, from_, strict=True)):
        order.insert(position, axis)
    return permute(input, order)


moveaxis = movedim


def ravel(input: T) -> T:
    """Return the elements in row-major order as a vector."""
    return reshape(input, (-1,) if input.ndim else (1,))


def t(input: T) -> T:
    """Transpose a matrix; a vector or scalar is returned unchanged."""
    if input.ndim > 2:
        raise RuntimeError(f"t: expected at most 2 axes, got shape {input.shape}; use permute or transpose")
    return input if input.ndim < 2 else _permute(input, dims=(1, 0))


def unsqueeze(input: T, dim: int) -> T:
    """Insert an axis of length 1 at `dim`."""
    sizes = list(input.shape)
    sizes.insert(normalize_dim("unsqueeze", dim, input.ndim + 1), 1)
    return reshape(input, sizes)


def squeeze(input: T, dim: int | Sequence[int] | None = None) -> T:
    """Drop axes of length 1: all of them, or only those in `dim`."""
    if dim is None:
        chosen = set(range(input.ndim))
    else:
        named = [normalize_dim("squeeze", one, input.ndim) for one in ([dim] if isinstance(dim, int) else dim)]
        chosen = set(named)
        if len(chosen) != len(named):
            raise RuntimeError(f"squeeze: expected each axis once in dim, got {dim!r}")
    return reshape(input, [size for i, size in enumerate(input.shape) if size != 1 or i not in chosen])


def expand(input: T, *sizes: int | Sequence[int]) -> T:
    """Repeat axes of length 1 without copying; −1 keeps a size; new axes go in front.

    Raises:
        RuntimeError: an axis longer than 1 would change its length.
    """
    shape = normalize_shape("expand", sizes)
    lead = len(shape) - input.ndim
    if lead < 0:
        raise RuntimeError(f"expand: expected at least {input.ndim} sizes for shape {input.shape}, got {shape}")
    resolved = tuple([input.shape[i - lead] if size == -1 and i >= lead else size for i, size in enumerate(shape)])
    fits = all(old in (1, new) for old, new in zip(input.shape, resolved[lead:], strict=True))
    if not fits or any(size < 0 for size in resolved):
        raise RuntimeError(f"expand: shape {input.shape} cannot be expanded to {shape}")
    return _broadcast_to(input, shape=resolved)


def broadcast_to(input: T, size: Sequence[int]) -> T:
    """Repeat axes of length 1 without copying, to the shape `size`; see `expand`."""
    return expand(input, *normalize_shape("broadcast_to", (size,)))
