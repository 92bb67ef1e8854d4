"""Memory for large results, used again when the array that held it is gone.

Memory fresh from the system costs a page fault for every 4 kB when it is first written: for the activations of a
training step that is more time than computing some of them. When the last array that looks at a piece of memory dies,
the piece goes to a free list, from where the next result of that size takes it. No more is kept than was once in use at
the same time.
"""

from __future__ import annotations

import ctypes
import threading
import weakref
from math import prod
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array, DType, Shape

LEAST_BYTES = 1 << 16
"""Smaller arrays are left to NumPy, whose allocator has them ready."""

_FEW = LEAST_BYTES // 8
"""So many elements of any dtype are below."""

_numpy_empty = np.empty

LINE = 64
"""Bytes of a cache line: vectors of arrays that begin with one never lie across two."""

_free: dict[int, list[Any]] = {}
_lent: dict[int, tuple[weakref.ref[Array], Any]] = {}
_lock = threading.RLock()  # reentrant: a garbage collection inside may return memory
_kept_bytes = 0
_lent_bytes = 0
_most_lent_bytes = 0


def empty(shape: Shape, dtype: DType) -> Array:
    """Return an array with undefined values, as `numpy.empty` does."""
    global _kept_bytes, _lent_bytes, _most_lent_bytes
    count = prod(shape)
    if count < _FEW:
        return _numpy_empty(shape, dtype)
    size = count * dtype.itemsize
    if size < LEAST_BYTES:
        return _numpy_empty(shape, dtype)
    size = -(-size // 4096) * 4096
    with _lock:
        # Rather a piece up to twice as large than a new one: sizes come in the reverse order in the backward pass.
        fitting = [known for known in _free if size <= known <= 2 * size]
        if fitting:
            size = min(fitting)
            stack = _free[size]
            memory = stack.pop()
            _kept_bytes -= size
            if not stack:
                del _free[size]
        else:
            memory = _new_piece(size)
        _lent_bytes += size
        _most_lent_bytes = max(_most_lent_bytes, _lent_bytes)
        _drop(_kept_bytes + _lent_bytes - _most())
        array: Array = np.ndarray(shape, dtype, buffer=memory)
        key = id(array)
        _lent[key] = weakref.ref(array, lambda _: _give_back(key)), memory
    return array


def _new_piece(size: int) -> Any:
    """Return `size` bytes that begin with a cache line.

    They are no array, so that the array made over them is the owner that views of it keep alive: NumPy lets views of
    an array over an array refer to the latter.
    """
    memory = np.empty(size + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    aligned: Any = memory[start : start + size]
    return (ctypes.c_char * size).from_buffer(aligned)


def owns(array: Array) -> bool:
    """Tell whether `array` looks at memory of its own, which no other array owns."""
    return array.base is None or id(array) in _lent


def _give_back(key: int) -> None:
    global _kept_bytes, _lent_bytes
    with _lock:
        _, memory = _lent.pop(key)
        size = len(memory)
        _lent_bytes -= size
        if _kept_bytes + _lent_bytes + size <= _most():
            _free.setdefault(size, []).append(memory)
            _kept_bytes += size


def _most() -> int:
    """Return how many bytes to hold at most: a little more than was in use at one time, for sizes that do not fit."""
    return _most_lent_bytes + _most_lent_bytes // 4


def _drop(excess: int) -> None:
    """Let go of at least `excess` free bytes, of the sizes that were asked for longest ago first."""
    global _kept_bytes
    for size in list(_free):
        stack = _free[size]
        while stack and excess > 0:
            stack.pop()
            _kept_bytes -= size
            excess -= size
        if not stack:
            del _free[size]


def release() -> None:
    """Give all memory that is not in use back to the system."""
    with _lock:
        _drop(_kept_bytes)
