"""A guard against writes past the tape: while a graph needs an array, the array is read-only.

Writes through tensors are counted, and noticed in the backward pass (see `versions`); a write into the NumPy array of a
tensor is not. Under the guard it raises where it happens.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.node import Node, observers
from tinygrad_cnn.autograd.versions import saved_arrays, storage

if TYPE_CHECKING:
    from tinygrad_cnn.autograd.primitive import Op


class _Locked:
    """A storage that saved values look at: how many do, and the arrays made read-only, the owner first."""

    __slots__ = ("arrays", "count")

    def __init__(self) -> None:
        self.count = 0
        self.arrays: dict[int, Array] = {}


_locked: dict[int, _Locked] = {}
_mutex = threading.RLock()  # reentrant: a lease may end while another begins
_guards = 0


class _Lease(tuple[Any, ...]):
    """The saved arguments of a node; what they lock is unlocked when the node drops them or dies."""

    _owners: list[Array]

    def __del__(self) -> None:
        with _mutex:
            for owner in self._owners:
                _unlock(owner)


def _lock(array: Array) -> Array:
    """Make `array` and the storage it looks at read-only, and return the storage."""
    owner = storage(array)
    entry = _locked.setdefault(id(owner), _Locked())
    entry.count += 1
    for one in (owner, array):
        if one.flags.writeable:
            entry.arrays[id(one)] = one
    for one in entry.arrays.values():
        one.flags.writeable = False
    return owner


def _unlock(owner: Array) -> None:
    """Undo one `_lock`; after the last, the arrays can be written again."""
    entry = _locked[id(owner)]
    entry.count -= 1
    if entry.count == 0:
        del _locked[id(owner)]
        for one in entry.arrays.values():  # the owner first: a view can be writable only if its base is
            one.flags.writeable = True


def _observe(_op: Op, _values: Sequence[Any], _out: Array, node: Node | None) -> None:
    if node is None or node.args is None:
        return
    lease = _Lease(node.args)
    with _mutex:
        lease._owners = [_lock(array) for _, array in saved_arrays(node)]
    node.args = lease


@contextmanager
def guard_saved() -> Iterator[None]:
    """Make the arrays that operations recorded inside save for the backward pass read-only until it has run.

    Writing to one, as in ``x.detach().numpy()[0] = 1``, then raises NumPy's "assignment destination is read-only"
    instead of changing gradients unnoticed. Arrays can be written again once a backward pass has freed the graph, or
    the graph is gone. A view taken before the operation ran is not covered. The guard is on for all threads; it is
    meant for debugging.

    Example:
        >>> with guard_saved():
        ...     loss = (x * w).sum()
        ...     x.detach().numpy()[0] = 1  # raises ValueError
    """
    global _guards
    with _mutex:
        _guards += 1
        if _guards == 1:
            observers.append(_observe)
    try:
        yield
    finally:
        with _mutex:
            _guards -= 1
            if _guards == 0:
                observers.remove(_observe)
