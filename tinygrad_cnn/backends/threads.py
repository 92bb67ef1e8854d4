"""The number of threads of the compiled kernels."""

from __future__ import annotations

import os
from collections.abc import Callable

_count: int | None = None
_listeners: list[Callable[[int], object]] = []


def get_num_threads() -> int:
    """Return how many threads share the work of one call of a compiled kernel.

    At the start this is ``TINYGRAD_CNN_NUM_THREADS`` or ``OMP_NUM_THREADS`` if set, else the number of processors that
    this process may use.
    """
    if _count is not None:
        return _count
    for name in ("TINYGRAD_CNN_NUM_THREADS", "OMP_NUM_THREADS"):
        given = os.environ.get(name, "")
        if given.isdigit() and int(given):
            return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_num_threads(num: int) -> None:
    """Let the compiled kernels use `num` threads; results have the same bits for any number of threads.

    Raises:
        TypeError: `num` is not an int.
        ValueError: `num` is less than 1.
    """
    global _count
    if not isinstance(num, int) or isinstance(num, bool):
        raise TypeError(f"set_num_threads: expected an int, got {type(num).__name__}")
    if num < 1:
        raise ValueError(f"set_num_threads: expected at least 1, got {num}")
    _count = num
    for listener in _listeners:
        listener(num)


def on_change(listener: Callable[[int], object]) -> None:
    """Call ``listener(count)`` whenever the number changes."""
    _listeners.append(listener)
