"""Medians over time-boxed repetitions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

BOXES = 3
LEAST = 3
"""Repetitions in a box, and in the warm-up, however long they take."""


def durations(call: Callable[[], object], seconds: float) -> list[float]:
    """Call again and again for `seconds`, `LEAST` times or more; return how long each call took, in seconds."""
    found: list[float] = []
    clock = time.perf_counter
    end = clock() + seconds
    while len(found) < LEAST or clock() < end:
        before = clock()
        call()
        found.append(clock() - before)
    return found


def medians(call: Callable[[], object], seconds: float) -> list[float]:
    """Warm up for a quarter of `seconds`, then return the medians of `BOXES` boxes that share `seconds`.

    The median keeps out the single repetition in which something else ran; the best of the medians, over the boxes
    and the processes, keeps out the whole stretch in which the machine was slower.
    """
    durations(call, seconds / 4)
    return [median(durations(call, seconds / BOXES)) for _ in range(BOXES)]


def best(runs: Sequence[dict[str, object]], key: str = "medians") -> float:
    """Return the least of the figures that `runs` hold under `key`, each a number or a list of numbers."""
    found: list[float] = []
    for run in runs:
        value = run[key]
        found += value if isinstance(value, list) else [float(str(value))]
    return min(found)


def spread(runs: Sequence[dict[str, object]]) -> float:
    """Return the slowest of the medians of `runs` as a multiple of the best."""
    return max(max(run["medians"]) for run in runs if isinstance(run["medians"], list)) / best(runs)
