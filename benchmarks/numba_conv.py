"""``python -m benchmarks.numba_conv --vs torch``: a convolution by ours, by PyTorch and by a loop for Numba.

Evidence for the choice of compiled kernels: how fast plain loops get, and what Numba costs besides.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import networks_table
from benchmarks.frameworks import INSTALL, available, compared
from benchmarks.history import append, record
from benchmarks.options import parser, plain
from benchmarks.processes import alternate, run
from benchmarks.quiet import Watch
from benchmarks.same import differences
from benchmarks.seeds import energy, normal
from benchmarks.tables import show
from benchmarks.timing import best, medians, spread
from benchmarks.units import ms, significant

_TASK = "benchmarks.numba_conv"

IMAGES, FILTERS = (64, 32, 32, 32), (32, 32, 3, 3)
FLOPS = 2 * 64 * 32 * 32 * 32 * (32 * 3 * 3)

HEAD = ("convolution by", "ms", "GFLOP/s", "import ms", "first call ms")


def measure(framework: Any, seconds: float) -> dict[str, Any]:
    """Time the convolution by `framework`; return ``medians``, ``first_s`` and ``check``; of Numba ``calls`` too."""
    if framework.__name__ == "numba":
        return _measure_numba(framework, seconds)
    x, w = normal(framework, IMAGES, 0), normal(framework, FILTERS, 1)
    conv2d = framework.nn.functional.conv2d
    with framework.no_grad():
        before = time.perf_counter()
        y = conv2d(x, w, padding=1)
        first = time.perf_counter() - before
        return {
            "first_s": first, "check": [energy(y)], "medians": medians(lambda: conv2d(x, w, padding=1), seconds)
        }  # fmt: skip


def _measure_numba(numba: Any, seconds: float) -> dict[str, Any]:
    from benchmarks.numba_kernels import conv3x3, nothing, nothing_parallel

    x = np.random.default_rng(0).standard_normal(IMAGES, dtype=np.float32)
    w = np.random.default_rng(1).standard_normal(FILTERS, dtype=np.float32)
    threads = numba.get_num_threads()

    def call() -> Any:
        y = np.empty(IMAGES[:1] + FILTERS[:1] + IMAGES[2:], np.float32)
        conv3x3(x, w, y, threads)
        return y

    before = time.perf_counter()
    y = call()
    found: dict[str, Any] = {"first_s": time.perf_counter() - before, "check": [float(np.square(y, dtype=float).sum())]}
    found["medians"] = medians(call, seconds)
    few = np.zeros(2, np.float32)
    found["calls"] = {
        "serial": min(medians(lambda: nothing(few), seconds / 4)),
        "parallel": min(medians(lambda: nothing_parallel(few), seconds / 4)),
    }
    return found


def compare(frameworks: Sequence[str], threads: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Measure and return a row for each framework; of Numba with ``cold_s``, the first call with nothing compiled."""
    with tempfile.TemporaryDirectory() as folder:
        cache = {"NUMBA_CACHE_DIR": folder}
        cold = run(_TASK, "numba", threads, {"seconds": 0.01}, cache)["first_s"] if "numba" in frameworks else None
        found = alternate(_TASK, frameworks, threads, {"seconds": seconds}, rounds, cache)
    rows = []
    for framework, runs in found.items():
        row: dict[str, Any] = {key: best(runs, key) for key in ("medians", "first_s", "import_s")}
        row |= {"name": framework, "spread": spread(runs), "threads": runs[0]["threads"], "check": runs[0]["check"]}
        if framework == "numba":
            row["cold_s"] = cold
            row["calls"] = {key: min(one["calls"][key] for one in runs) for key in ("serial", "parallel")}
        rows.append(row)
    return rows


def cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the cells of `HEAD`, a list a row."""
    names = networks_table.NAMES | {"numba": "Numba, a loop"}
    return [
        [
            names[row["name"]], ms(row["medians"]), significant(FLOPS / row["medians"] / 1e9), ms(row["import_s"]),
            ms(row["first_s"]),
        ]
        for row in rows
    ]  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = parser(_TASK, "Time one 3×3 convolution by ours, PyTorch and a loop that Numba compiles.", seconds=1.0)
    arguments = made.parse_args(argv)
    frameworks = compared(arguments.vs)
    if available("numba"):
        frameworks.append("numba")
    else:
        print(f"numba is not installed ({INSTALL['numba']}): its loop is left out")
    watch = Watch()
    rows = compare(frameworks, arguments.threads, arguments.rounds, arguments.seconds)
    show("3×3, 32→32 channels, padding 1, on 64×32×32×32, forward", HEAD, cells(rows))
    for row in rows:
        if "calls" in row:
            calls = ", ".join(f"{key} {seconds * 1e6:.1f} µs" for key, seconds in row["calls"].items())
            print(f"Numba: first call with an empty cache {ms(row['cold_s'])} ms; a call that does nothing: {calls}")
    print(watch.text())
    append(arguments.json, record("numba_conv", plain(arguments), rows, others=watch.others()))
    theirs = [row for row in rows if row["name"] != "ours"]
    differences([{"name": row["name"], "ours": rows[0], "torch": row} for row in theirs])


if __name__ == "__main__":
    main()
