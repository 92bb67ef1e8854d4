"""The machine's roof: how fast it multiplies matrices and moves memory, measured in the run that uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.processes import run
from benchmarks.timing import durations

SIZES = (1 << 20, 1 << 24, 1 << 28)
"""Bytes moved: about a core's cache, the shared cache, the main memory."""

_SIDE = 1536


def measure(torch: Any, threads: int, seconds: float) -> dict[str, Any]:
    """Return the flops a second of sgemm, NumPy's and the framework's, and the bytes a second for each of `SIZES`."""
    a, b = np.random.default_rng(0).standard_normal((2, _SIDE, _SIDE), dtype=np.float32)
    out = np.empty_like(a)
    ours, theirs = torch.from_numpy(a), torch.from_numpy(b)
    flops = 2 * _SIDE**3
    with torch.no_grad():
        gemm = {
            "numpy": flops / _least(lambda: np.matmul(a, b, out=out), seconds / 4),
            "framework": flops / _least(lambda: torch.mm(ours, theirs), seconds / 4),
        }
    return {"gemm": gemm, "bandwidth": {str(size): _bandwidth(size, threads, seconds / 6) for size in SIZES}}


def _least(call: Callable[[], object], seconds: float) -> float:
    call()
    return min(durations(call, seconds))


def _bandwidth(size: int, threads: int, seconds: float) -> float:
    """Return the bytes a second, read plus written, of copies by all threads that touch `size` bytes in all."""
    count = size // (8 * threads)
    pairs = [(np.ones(count, np.float32), np.ones(count, np.float32)) for _ in range(threads)]
    repeats = max(1, (1 << 26) // size)

    def copy(pair: tuple[Any, Any]) -> None:
        for _ in range(repeats):
            np.copyto(*pair)

    with ThreadPoolExecutor(threads) as pool:
        return 8 * count * threads * repeats / _least(lambda: list(pool.map(copy, pairs)), seconds)


def roof(frameworks: Sequence[str], threads: int, seconds: float) -> dict[str, Any]:
    """Measure with each framework in a process of its own and return the best: `peak`, `bandwidth` by size, `by`."""
    found = {name: run("benchmarks.roofline", name, threads, {"threads": threads, "seconds": seconds})
             for name in frameworks}  # fmt: skip
    gemm = {f"{name}.{kind}": rate for name, one in found.items() for kind, rate in one["gemm"].items()}
    bandwidth = {str(size): max(one["bandwidth"][str(size)] for one in found.values()) for size in SIZES}
    return {"peak": max(gemm.values()), "gemm": gemm, "bandwidth": bandwidth}


def bandwidth_for(moved: int, bandwidth: Mapping[str, float]) -> float:
    """Return the bandwidth of the level of memory that holds `moved` bytes: of the least size that is as large."""
    return bandwidth[str(next((size for size in SIZES if size >= moved), SIZES[-1]))]
