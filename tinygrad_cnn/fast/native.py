"""`native`: the library of compiled kernels. Importing this module compiles it if it is not in the cache."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from tinygrad_cnn.backends import threads
from tinygrad_cnn.backends.kernels import Unavailable
from tinygrad_cnn.fast.arrays import ready
from tinygrad_cnn.fast.build import find_compiler, library_of


def _load() -> ctypes.CDLL:
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise Unavailable("compiled kernels need CPython on a 64-bit machine")
    compiler = find_compiler()
    if compiler is None:
        raise Unavailable('no C compiler was found; pip install "tinygrad-cnn[fast]" brings one')
    return library_of(compiler)


native = _load()
native.set_threads(threads.get_num_threads())
threads.on_change(native.set_threads)

NO_MEMORY, DONE, DECLINED = range(3)
"""The answers of kernels."""


def check_memory(kernel: str, answer: int) -> None:
    """Raise a MemoryError if the kernel answered `NO_MEMORY`."""
    if answer == NO_MEMORY:
        raise MemoryError(f"{kernel}: not enough memory to work in")


def declined(kernel: str, answer: int, *arrays: Any) -> Any:
    """Return contiguous copies of `arrays`, to call a kernel again that did not answer `DONE`.

    Return None if that would not help, and NumPy must compute.

    Raises:
        MemoryError: the kernel answered `NO_MEMORY`.
    """
    check_memory(kernel, answer)
    again = ready(*arrays)
    return None if again is None or all(a is b for a, b in zip(again, arrays, strict=True)) else again
