"""In-place writes and the check that no saved value was overwritten.

Recording counts nothing. A write stamps its storage with a number from the tape's clock, so "this array was changed
after that node saved it" is one comparison of integers. The backward pass compares them, and only for nodes older
than the newest write. A training step after the optimizer's writes therefore pays nothing.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.node import Node, clock

_REMEMBERED = 32


class _Writes:
    """The writes to one storage: how many, and the stamps of the newest ones."""

    __slots__ = ("count", "stamps")

    def __init__(self) -> None:
        self.count = 0
        self.stamps: deque[int] = deque(maxlen=_REMEMBERED)


_writes: dict[int, tuple[weakref.ref[Array], _Writes]] = {}
newest = 0
"""The stamp of the newest write to any storage; younger nodes need no check."""


def storage(array: Array) -> Array:
    """Return the array that owns the memory of `array`."""
    base = array.base
    while isinstance(base, np.ndarray):
        array, base = base, base.base
    return array


def _forget(key: int, reference: weakref.ref[Array]) -> None:
    entry = _writes.get(key)
    if entry is not None and entry[0] is reference:
        del _writes[key]


def record_write(array: Array) -> None:
    """Note that the storage of `array` was changed in place."""
    record_writes((array,))


def record_writes(arrays: Iterable[Array]) -> None:
    """Note that the storages of `arrays` were changed in place, with one stamp for all of them."""
    global newest
    stamp = next(clock)
    if stamp > newest:  # another thread may have been faster
        newest = stamp
    for array in arrays:
        owner = array if array.base is None else storage(array)
        key = id(owner)
        entry = _writes.get(key)
        if entry is None or entry[0]() is not owner:
            reference = weakref.ref(owner, lambda dead, key=key: _forget(key, dead))  # type: ignore[misc]
            made = (reference, _Writes())
            entry = _writes.setdefault(key, made)  # unless a signal handler made one
            if entry[0]() is not owner:  # of a dead array that had the same id; a signal ended `_forget`
                entry = _writes[key] = made
        writes = entry[1]
        writes.count += 1
        writes.stamps.append(stamp)


def version(array: Array) -> int:
    """Return how many times the storage of `array` was changed in place."""
    owner = storage(array)
    entry = _writes.get(id(owner))
    return entry[1].count if entry is not None and entry[0]() is owner else 0


def saved_arrays(node: Node) -> Iterator[tuple[str, Array]]:
    """Yield every array that the VJPs of `node` read, with its name for messages.

    These are inputs, the output, further results of the kernel, and indices among the static arguments.
    """
    count = len(node.parents)  # a user's Function may have saved more than its inputs
    for i, value in enumerate(node.args or ()):
        if isinstance(value, np.ndarray):
            yield (f"argument {i}" if i < count else "a saved value"), value
    if node.out is not None:
        yield "the output", node.out
    for name, value in {**node.attrs, **(node.aux or {})}.items():
        for array in _arrays_in(value):
            yield f"{name!r}", array


def _arrays_in(value: object) -> Iterator[Array]:
    """Yield the arrays in a static argument: the argument itself, or items of an index or of the steps of a view."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _arrays_in(item)


def check_saved(node: Node) -> None:
    """Raise if a value that `node` saved was changed in place afterwards.

    Raises:
        RuntimeError: names the operation, which value, its shape, and the versions saved and found.
    """
    if node.seq > newest or node.args is None:
        return
    for name, value in saved_arrays(node):
        owner = storage(value)
        entry = _writes.get(id(owner))
        if entry is None or entry[0]() is not owner:
            continue
        writes = entry[1]
        later = sum(stamp > node.seq for stamp in list(writes.stamps))
        if later:
            saved = writes.count - later
            raise RuntimeError(
                f"{node.op.name}: {name}, of shape {tuple(value.shape)} and saved for the backward pass at version "
                f"{saved}, was changed in place: it is at version {writes.count} now. Use the out-of-place form "
                f"(y = x + 1 instead of x += 1), or change a copy (x.clone())."
            )
