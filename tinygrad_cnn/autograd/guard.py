"""A guard against writes that the tape does not see: while a graph needs an array, the array is read-only.

Writes through tensors are counted, so the backward pass notices them (see `versions`). A write into a tensor's NumPy
array is not counted; under the guard, it raises where it happens.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.node import Node, observers
from tinygrad_cnn.autograd.versions import saved_arrays, storage

if TYPE_CHECKING:
    from tinygrad_cnn.autograd.operation import Attrs, Operation


class _Locked:
    """A storage of saved arrays: how many there are, and the arrays made read-only, the owner of the memory first."""

    __slots__ = ("arrays", "count")

    def __init__(self) -> None:
        self.count = 0
        self.arrays: dict[int, Array] = {}


_locked: dict[int, _Locked] = {}
_changes: deque[tuple[Callable[[Array], None], list[Array]]] = deque()
_turn = threading.Lock()  # never waited for: the call that holds it makes all pending changes
_guards = 0


class _Lease(tuple[Any, ...]):
    """The saved arguments of a node; their arrays are unlocked when the node drops this tuple or dies."""

    _arrays: list[Array]

    def __del__(self) -> None:
        _change(_unlock, self._arrays)


def _change(how: Callable[[Array], None], arrays: list[Array]) -> None:
    """Lock or unlock `arrays`, after all changes that were requested earlier.

    A lease may end at any time, for instance in a garbage collection while another lease begins. This call then only
    queues the change, and the interrupted call, or that of another thread, makes it before it returns.
    """
    _changes.append((how, arrays))
    turn = _turn
    while _changes and turn.acquire(False):
        try:
            while _changes:
                do, concerned = _changes.popleft()
                for array in concerned:
                    do(array)
        finally:
            turn.release()


def _lock(array: Array) -> None:
    """Make `array` and the owner of its memory read-only."""
    owner = storage(array)
    entry = _locked.setdefault(id(owner), _Locked())
    entry.count += 1
    for one in (owner, array):
        if one.flags.writeable:
            entry.arrays[id(one)] = one
    for one in entry.arrays.values():
        one.flags.writeable = False


def _unlock(array: Array) -> None:
    """Undo one `_lock`; after the last, the arrays are writable again."""
    key = id(storage(array))
    entry = _locked[key]
    entry.count -= 1
    if entry.count == 0:
        del _locked[key]
        for one in entry.arrays.values():  # the owner first: a view can be writable only if its base is
            one.flags.writeable = True


def _observe(_op: Operation, _values: Sequence[object], _attrs: Attrs, _out: Array, node: Node | None) -> None:
    if node is None or node.args is None:
        return
    lease = _Lease(node.args)
    lease._arrays = [array for _, array in saved_arrays(node)]
    _change(_lock, lease._arrays)
    node.args = lease
    node.saved = True  # so that the backward pass drops the lease


def _start_anew() -> None:
    """Give the child of a fork a free lock, since a thread of the parent may have held it."""
    global _turn
    _turn = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


@contextmanager
def guard_saved() -> Iterator[None]:
    """Inside the block, make arrays that operations save read-only until the backward pass has run.

    Writing to one, as in ``x.detach().numpy()[0] = 1``, then raises NumPy's "assignment destination is read-only"
    instead of changing gradients unnoticed. Arrays are writable again once a backward pass has freed the graph or the
    graph is deleted. A NumPy view taken before the operation ran stays writable. The guard applies to all threads; it
    is meant for debugging.

    Example:
        >>> with guard_saved():
        ...     loss = (x * w).sum()
        ...     x.detach().numpy()[0] = 1  # raises ValueError
    """
    global _guards
    _guards += 1
    if _guards == 1:
        observers.append(_observe)
    try:
        yield
    finally:
        _guards -= 1
        if _guards == 0:
            observers.remove(_observe)
