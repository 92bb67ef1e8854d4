"""`native`: the library of compiled kernels, compiled if need be when this module is imported; and what its callers share."""

from __future__ import annotations

import ctypes
import sys
from typing import TypeVar

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.kernels import threads
from tinygrad_cnn.kernels.compiled.build import NoCompiler, compile_library, find_compiler, library_path, load_library


def _load() -> ctypes.CDLL:
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise NoCompiler("compiled kernels need CPython on a 64-bit machine")
    compiler = find_compiler()
    if compiler is None:
        raise NoCompiler('no C compiler was found; pip install "tinygrad-cnn[fast]" brings one')
    path = library_path(compiler)
    if not path.exists():
        compile_library(compiler, path)
    return load_library(path)


native = _load()
native.set_threads(threads.get_num_threads())
threads.on_change(native.set_threads)

float32 = np.dtype(np.float32)

T = TypeVar("T")


def usable(*arrays: Array | None) -> bool:
    """Tell whether all of `arrays` that are given hold float32 values, at least one each."""
    for a in arrays:
        if a is not None and (a.dtype is not float32 or not a.size):
            return False
    return True


def contiguous(a: Array) -> Array:
    """Return `a` with its elements one after another: itself, or a copy."""
    return a if a.flags.c_contiguous else np.ascontiguousarray(a)


def done(kernel: str, fits: int, result: T) -> T:
    """Return the `result` of a kernel that said whether its working memory could be had.

    Raises:
        MemoryError: it could not.
    """
    if not fits:
        raise MemoryError(f"{kernel}: not enough memory to work in")
    return result
