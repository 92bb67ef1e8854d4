"""Memory for large results, which is reused when the array over it is deleted.

New memory from the system costs a page fault for every 4 kB when it is first written. For the activations of a training
step this can take longer than computing them. When the last array over a piece of memory dies, the next result of that
size takes the piece.

An array may die anywhere: in a garbage collection or a signal handler within `empty`, or on another thread. Its weak
reference then only joins a queue, in one atomic step; the next call of `empty` empties the queue. A call that finds the
pool in use, by another thread or by a call that it interrupted, does not wait: it takes memory from NumPy.
"""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections import deque
from math import prod
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape

LEAST_BYTES = 1 << 16
"""NumPy allocates smaller arrays; it keeps their memory for reuse itself."""

_FEW = LEAST_BYTES // 8
"""Arrays of at most this many elements are smaller, whatever their dtype."""

_PAGE = 4096
"""Sizes of pieces are multiples of this many bytes."""

LINE = 64
"""Bytes of a cache line. In an array that begins with one, no vector crosses from one line into the next."""

_numpy_empty = np.empty


class _Loan(weakref.ref[Array]):
    """A weak reference to the array that was made over `piece`."""

    __slots__ = ("piece",)

    piece: Any


class _Pool:
    """Pieces of memory, either lent to arrays that are alive, or free.

    Only the caller that holds `turn` may change anything but `returned`.

    Attributes:
        turn: a lock that nobody waits for.
        returned: loans whose array has died, the oldest first.
        lent: the other loans by the id of their piece.
        free: free pieces by their size, in the order in which the sizes became free.
        lent_bytes, free_bytes: the sum of the sizes in each.
        limit: how many bytes to keep at most: a quarter more than were ever lent at one time.
    """

    __slots__ = ("free", "free_bytes", "lent", "lent_bytes", "limit", "returned", "turn")

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.returned: deque[Any] = deque()  # of `_Loan`; the callback of a weak reference may get any
        self.lent: dict[int, _Loan] = {}
        self.free: dict[int, list[Any]] = {}
        self.lent_bytes = self.free_bytes = self.limit = 0

    def lend(self, size: int, shape: Shape, dtype: DType) -> Array:
        """Return an array over a piece of at least `size` bytes."""
        while self.returned:
            piece = self.returned.popleft().piece
            del self.lent[id(piece)]
            self.free.setdefault(len(piece), []).append(piece)
            self.lent_bytes -= len(piece)
            self.free_bytes += len(piece)
        if size not in self.free:
            # Prefer a piece up to twice as large to a new one: in the backward pass, sizes come in the reverse order.
            size = min([known for known in self.free if size < known <= 2 * size], default=size)
        stack = self.free.get(size)
        if stack is None:
            piece = _new_piece(size)
        else:
            piece = stack.pop()
            self.free_bytes -= size
            if not stack:
                del self.free[size]
        array: Array = np.ndarray(shape, dtype, buffer=piece)
        loan = _Loan(array, self.returned.append)
        loan.piece = piece
        self.lent[id(piece)] = loan
        self.lent_bytes += size
        self.limit = max(self.limit, self.lent_bytes + self.lent_bytes // 4)
        while self.free_bytes + self.lent_bytes > self.limit:
            self._drop_one()
        return array

    def _drop_one(self) -> None:
        """Return a free piece to the system, of the size that became free first."""
        size, stack = next(iter(self.free.items()))
        stack.pop()
        self.free_bytes -= size
        if not stack:
            del self.free[size]


def empty(shape: Shape, dtype: DType) -> Array:
    """Return an array with undefined values, as `numpy.empty` does."""
    count = prod(shape)
    if count < _FEW:
        return _numpy_empty(shape, dtype)
    size = count * dtype.itemsize
    if size < LEAST_BYTES:
        return _numpy_empty(shape, dtype)
    pool = _pool
    mine = False
    try:
        mine = pool.turn.acquire(False)
        if mine:
            return pool.lend(-(-size // _PAGE) * _PAGE, shape, dtype)
    except MemoryError:
        _start_anew()  # try once more, now that the pool has returned its free pieces
    except BaseException:  # a signal handler raised, perhaps in the middle of a change
        _start_anew()
        raise
    finally:
        if mine:
            pool.turn.release()
    return _numpy_empty(shape, dtype)


def is_lent(array: Array) -> bool:
    """Return whether `array` is the one that `empty` made over a piece of memory; False if that is not known."""
    return id(array.base) in _pool.lent


def _new_piece(size: int) -> Any:
    """Return `size` bytes that begin with a cache line.

    The result is not an array. NumPy lets the views of an array over another array refer to the latter; this way they
    refer to, and keep alive, the array made over these bytes.
    """
    memory = _numpy_empty(size + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    aligned: Any = memory[start : start + size]
    return (ctypes.c_char * size).from_buffer(aligned)


def _start_anew() -> None:
    """Start a new pool. Free pieces go to the system now, lent ones when their arrays die."""
    global _pool
    _pool = _Pool()


_pool = _Pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)  # another thread may have held the pool's turn
