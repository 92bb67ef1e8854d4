"""Argument checks that several rooms share, and the form of their messages: the place, what was expected, what came."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Iterable, Sequence
from math import prod
from typing import SupportsIndex, cast

import numpy as np

from tinygrad_cnn._types import Pair, Shape, Sizes


def normalize_dim(op: str, dim: int, ndim: int) -> int:
    """Return `dim` counted from the front, checked against `ndim` axes (a 0-d tensor counts as having one)."""
    try:
        index = operator.index(dim)
    except TypeError:
        raise TypeError(f"{op}: expected dim as an int, got {dim!r}") from None
    limit = max(ndim, 1)
    if not -limit <= index < limit:
        raise IndexError(f"{op}: expected dim in [{-limit}, {limit - 1}] for a {ndim}-d tensor, got {index}")
    return index + limit if index < 0 else index


def real_axis(op: str, dim: int, ndim: int, error: type[Exception]) -> int:
    """Return `dim` counted from the front, as `normalize_dim`, but raise `error` for a 0-d tensor."""
    if not ndim:
        raise error(f"{op}: expected a tensor with at least one axis, got a 0-d tensor")
    return normalize_dim(op, dim, ndim)


def normalize_dims(op: str, dim: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """Return the axes that `dim` names, counted from the front and sorted; None or () names all."""
    if dim is None or (isinstance(dim, Sequence) and not dim):
        return tuple(range(ndim))
    if ndim == 0:
        normalize_dim(op, dim if isinstance(dim, int) else dim[0], 0)
        return ()
    dims = [normalize_dim(op, one, ndim) for one in ([dim] if not isinstance(dim, Sequence) else dim)]
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"{op}: expected each axis once in dim, got {dim!r}")
    return tuple(sorted(dims))


def normalize_shape(op: str, shape: Sequence[Sizes]) -> Shape:
    """Return the sizes given either one by one or as one sequence."""
    sizes = cast(Sequence[SupportsIndex], shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape)
    try:
        return tuple([operator.index(size) for size in sizes])
    except TypeError:
        raise TypeError(f"{op}: expected sizes as ints, got {tuple(sizes)!r}") from None


MOST = 2**31 - 1
"""The largest stride, padding, dilation or size of a window: sums and products of a few of them are then exact."""

_SURELY_FITS = 2**26


def per_axis(
    op: str, name: str, value: int | Sequence[int], axes: int, *, least: int, error: type[Exception] = RuntimeError
) -> tuple[int, ...]:
    """Return `value`, one number or one for each of `axes`, as a tuple of ints from `least` to `MOST`.

    Raises:
        TypeError: not ints.
        error: another number of them, or one that is too small or too large.
    """
    given = tuple(value) if isinstance(value, Sequence) else (value,)
    try:
        sizes = tuple([operator.index(one) for one in given])
    except TypeError:
        kind = "an int" if axes == 1 else "an int or a pair of ints"
        raise TypeError(f"{op}: expected {name} as {kind}, got {value!r}") from None
    if len(sizes) not in (1, axes):
        raise error(f"{op}: expected {name} as {'an int' if axes == 1 else 'an int or a pair of ints'}, got {value!r}")
    if min(sizes) < least:
        raise error(f"{op}: expected {name} of at least {least}, got {value!r}")
    if max(sizes) > MOST:
        raise error(f"{op}: expected {name} of at most {MOST}, got {value!r}")
    return sizes if len(sizes) == axes else sizes * axes


def check_room(op: str, shape: Sequence[int]) -> None:
    """Raise a RuntimeError if there is no memory for an output of `shape` in float32.

    The system answers that at once where an array is large; nothing is written to it.
    """
    if prod(shape) < _SURELY_FITS:
        return
    try:
        np.empty(shape, np.float32)
    except (MemoryError, ValueError):
        raise RuntimeError(f"{op}: expected an output that fits in memory, got {tuple(shape)}") from None


def pair(op: str, name: str, value: int | Sequence[int], *, least: int) -> Pair:
    """Return `value` as (height, width), each at least `least`, for a module: its errors are ValueErrors."""
    height, width = per_axis(op, name, value, 2, least=least, error=ValueError)
    return height, width


def shown(value: object) -> str:
    """Return what `value` looks like in a message: its beginning, however large, deep or often shared it is."""
    return _SHORT.repr(value)


_SHORT = reprlib.Repr()
_SHORT.maxlevel = 3
_SHORT.maxother = _SHORT.maxstring = 80


MAX_LARGE_KEYS = 1000
"""Keys for which `fits_64_bits` is False that a file may ask for: a dict of many that share a hash takes hours."""


def fits_64_bits(key: object) -> bool:
    """Return False for an integer that does not, and a tuple with one: others can be chosen that share its hash."""
    if isinstance(key, tuple):
        return all(map(fits_64_bits, key))
    return not isinstance(key, int) or -(1 << 63) <= key < 1 << 63


def nearest(name: object, known: Iterable[str], cutoff: float = 0.5) -> str:
    """Return a question with the known name that is most like `name`, upper and lower case alike; "" if none is."""
    import difflib  # used for messages only

    lower = {other.lower(): other for other in known}
    found = difflib.get_close_matches(str(name)[:80].lower(), lower, n=1, cutoff=cutoff)
    return f"; did you mean {lower[found[0]]!r}?" if found else ""
