"""Elements in another order or repeated, and the triangles of matrices. Results have memory of their own."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np

from tinygrad_cnn._checks import normalize_dim, normalize_dims, normalize_shape
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, Spec, T, primitive
from tinygrad_cnn.ops.reduce import sum
from tinygrad_cnn.ops.shape import reshape


@primitive()
def _flip(x: Array, *, dims: tuple[int, ...]) -> Array:
    return np.flip(x, dims).copy()


@_flip.vjp(0)
def flip_vjp_0(g: A, _y: object, _x: object, *, dims: tuple[int, ...]) -> A:
    return _flip(g, dims=dims)


def flip(input: T, dims: int | Sequence[int], *more: int) -> T:
    """Reverse the order along each of `dims`, given as one sequence or one by one.

    Raises:
        RuntimeError: an axis is given twice.
    """
    order = normalize_shape("flip", (dims, *more))
    return _flip(input, dims=normalize_dims("flip", order, input.ndim) if order else ())


@primitive()
def _roll(x: Array, *, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Array:
    return np.roll(x, shifts, dims)


@_roll.vjp(0)
def roll_vjp_0(g: A, _y: object, _x: object, *, shifts: tuple[int, ...], dims: tuple[int, ...]) -> A:
    return _roll(g, shifts=tuple([-shift for shift in shifts]), dims=dims)


def roll(input: T, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> T:
    """Shift elements by `shifts` positions along `dims`; elements that leave at the end come in at the front.

    Args:
        input: any tensor.
        shifts: the number of positions, for each of `dims`.
        dims: the axes; by default the tensor is rolled as if it were flat.

    Raises:
        RuntimeError: there are not as many shifts as axes.
        IndexError: an axis does not exist.
    """
    steps = normalize_shape("roll", (shifts,))
    axes = () if dims is None else normalize_shape("roll", (dims,))
    if not steps:
        raise RuntimeError("roll: expected at least one shift, got none")
    if not axes and len(steps) == 1:
        return reshape(_roll(reshape(input, (-1,)), shifts=steps, dims=(0,)), input.shape)
    if len(steps) != len(axes):
        raise RuntimeError(f"roll: expected one shift for each axis, got shifts={steps} and dims={axes}")
    if not input.ndim:
        raise IndexError(f"roll: expected no dims for a 0-d tensor, got {axes}")
    return _roll(input, shifts=steps, dims=tuple([normalize_dim("roll", dim, input.ndim) for dim in axes]))


@primitive()
def _repeat(x: Array, *, repeats: tuple[int, ...]) -> Array:
    sizes = (1,) * (len(repeats) - x.ndim) + x.shape
    y = np.empty([r * n for r, n in zip(repeats, sizes, strict=True)], x.dtype)  # np.tile copies once for every axis
    copies = [length for pair in zip(repeats, sizes, strict=True) for length in pair]  # (r₀, s₀, r₁, s₁, ...)
    y.reshape(copies)[...] = x.reshape([length for n in sizes for length in (1, n)])
    return y


@_repeat.vjp(0)
def repeat_vjp_0(g: A, _y: object, x: Spec, *, repeats: tuple[int, ...]) -> A:
    sizes = (1,) * (len(repeats) - x.ndim) + x.shape
    copies = [length for pair in zip(repeats, sizes, strict=True) for length in pair]  # (r₀, s₀, r₁, s₁, ...)
    return reshape(sum(reshape(g, copies), range(0, len(copies), 2)) if copies else g, x.shape)


def repeat(input: T, *repeats: int | Sequence[int]) -> T:
    """Lay copies of a tensor side by side: `repeats` of them along each axis, new axes in front.

    Raises:
        RuntimeError: there are fewer numbers than axes, or one is negative.
    """
    counts = normalize_shape("repeat", repeats)
    if len(counts) < input.ndim or any(count < 0 for count in counts):
        raise RuntimeError(
            f"repeat: expected a number of at least 0 for each of the {input.ndim} axes of {input.shape}, got {counts}"
        )
    return _repeat(input, repeats=counts)


def tile(input: T, dims: int | Sequence[int], *more: int) -> T:
    """Lay copies of a tensor side by side as `repeat` does; leading axes that `dims` leaves out are not repeated."""
    counts = normalize_shape("tile", (dims, *more))
    return repeat(input, (1,) * (input.ndim - len(counts)) + counts)


@primitive()
def _tril(x: Array, *, diagonal: int) -> Array:
    return np.tril(x, diagonal)


@_tril.vjp(0)
def tril_vjp_0(g: A, _y: object, _x: object, *, diagonal: int) -> A:
    return _tril(g, diagonal=diagonal)


@primitive()
def _triu(x: Array, *, diagonal: int) -> Array:
    return np.triu(x, diagonal)


@_triu.vjp(0)
def triu_vjp_0(g: A, _y: object, _x: object, *, diagonal: int) -> A:
    return _triu(g, diagonal=diagonal)


def tril(input: T, diagonal: int = 0) -> T:
    """Keep the elements on and below a diagonal of each matrix (..., n, m): y[i, j] = x[i, j] where j − i ≤ diagonal.

    Raises:
        RuntimeError: the input has fewer than two axes.
    """
    return _tril(input, diagonal=_diagonal("tril", input, diagonal))


def triu(input: T, diagonal: int = 0) -> T:
    """Keep the elements on and above a diagonal of each matrix (..., n, m): y[i, j] = x[i, j] where j − i ≥ diagonal.

    Raises:
        RuntimeError: the input has fewer than two axes.
    """
    return _triu(input, diagonal=_diagonal("triu", input, diagonal))


def _diagonal(op: str, x: T, diagonal: int) -> int:
    if x.ndim < 2:
        raise RuntimeError(f"{op}: expected matrices, with at least 2 axes, got shape {x.shape}")
    try:
        return operator.index(diagonal)
    except TypeError:
        raise TypeError(f"{op}: expected diagonal as an int, got {diagonal!r}") from None
