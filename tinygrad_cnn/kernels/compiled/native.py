"""`native`: the library of compiled kernels, which importing this compiles if need be."""

from __future__ import annotations

import ctypes
import sys
from typing import TypeVar

from tinygrad_cnn.kernels import threads
from tinygrad_cnn.kernels.compiled.build import NoCompiler, find_compiler, library_of


def _load() -> ctypes.CDLL:
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise NoCompiler("compiled kernels need CPython on a 64-bit machine")
    compiler = find_compiler()
    if compiler is None:
        raise NoCompiler('no C compiler was found; pip install "tinygrad-cnn[fast]" brings one')
    return library_of(compiler)


native = _load()
native.set_threads(threads.get_num_threads())
threads.on_change(native.set_threads)

T = TypeVar("T")


def done(kernel: str, fits: int, result: T) -> T:
    """Return the `result` of a kernel that said whether its working memory could be had.

    Raises:
        MemoryError: it could not.
    """
    if not fits:
        raise MemoryError(f"{kernel}: not enough memory to work in")
    return result
