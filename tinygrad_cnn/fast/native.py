"""`native`: the library of compiled kernels, which importing this compiles if need be."""

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
"""What kernels answer."""


def check_memory(kernel: str, answer: int) -> None:
    """Raise a MemoryError if `answer` is that there is no memory to work in."""
    if answer == NO_MEMORY:
        raise MemoryError(f"{kernel}: not enough memory to work in")


def declined(kernel: str, answer: int, *arrays: Any) -> Any:
    """Return contiguous copies of `arrays` to retry a kernel with that did not answer `DONE`.

    None where copies would not help: the kernel is not made for these arrays.

    Raises:
        MemoryError: the answer was that there is no memory to work in.
    """
    check_memory(kernel, answer)
    again = ready(*arrays)
    return None if again is None or all(a is b for a, b in zip(again, arrays, strict=True)) else again
