"""``python -m benchmarks.train_step --vs torch``: a training step of the eight networks, ours and PyTorch's."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import memory, networks_table
from benchmarks.cost import network_cost
from benchmarks.frameworks import compared
from benchmarks.history import append, record
from benchmarks.networks import NETWORKS
from benchmarks.options import choose, parser, plain
from benchmarks.processes import alternate, run
from benchmarks.quiet import Watch
from benchmarks.roofline import bandwidth_for, roof
from benchmarks.same import TRAINED, differences
from benchmarks.steps import stand_still, training_step
from benchmarks.tables import show
from benchmarks.timing import best, medians, spread

CHECKED = 3
"""Steps at the real learning rate, whose losses are compared."""

_TASK = "benchmarks.train_step"


def measure(torch: Any, network: str, seconds: float) -> dict[str, Any]:
    """Train in this process and return what it took.

    Args:
        torch: the framework.
        network: a key of `NETWORKS`.
        seconds: to be timed; 0 for the first step only.

    Returns:
        ``first_s``, the first step; ``check``, the losses of the first steps; ``medians`` in seconds; ``peak``, the
        memory above what was held when the framework was imported and the data made, and ``process``, the peak of the
        whole process, both in bytes.
    """
    chosen = NETWORKS[network]
    x, y = chosen.data(torch)
    level = memory.restart()
    step, optimizer = training_step(torch, chosen, x, y)
    before = time.perf_counter()
    losses = [float(step().item())]
    found: dict[str, Any] = {"first_s": time.perf_counter() - before}
    if seconds == 0:
        return found
    losses += [float(step().item()) for _ in range(CHECKED - 1)]
    stand_still(optimizer)
    found |= {"check": losses, "medians": medians(step, seconds)}
    return found | {"peak": memory.above(level), "process": memory.peak()}


def compare(name: str, frameworks: Sequence[str], threads: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Measure the network `name` and return its row: of each framework the best figures, of ours a cold start too.

    The folder of compiled kernels is new and empty for the cold start, and filled by it for the rounds.
    """
    with tempfile.TemporaryDirectory() as folder:
        cache = {"TINYGRAD_CNN_CACHE": folder}
        cold = run(_TASK, "ours", threads, {"network": name, "seconds": 0}, cache)["first_s"]
        found = alternate(_TASK, frameworks, threads, {"network": name, "seconds": seconds}, rounds, cache)
    row: dict[str, Any] = {"name": name, "title": NETWORKS[name].title, "cold_s": cold}
    for framework, runs in found.items():
        sizes = {key: [one[key] for one in runs if one[key] is not None] for key in ("peak", "process")}
        row[framework] = {
            "step_s": best(runs),
            "spread": spread(runs),
            "first_s": best(runs, "first_s"),
            "import_s": best(runs, "import_s"),
            "threads": runs[0]["threads"],
            "check": runs[0]["check"],
            **{key: min(values, default=None) for key, values in sizes.items()},
        }
    return row


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = parser(_TASK, "Time a training step of the networks of the course reports.", seconds=1.5)
    choose(made, "--networks", list(NETWORKS))
    arguments = made.parse_args(argv)
    frameworks = compared(arguments.vs)
    watch = Watch()
    top = roof(frameworks, arguments.threads, 2)
    rows = []
    for name in arguments.networks:
        row = compare(name, frameworks, arguments.threads, arguments.rounds, arguments.seconds)
        cost = network_cost(NETWORKS[name])
        least = cost.least_seconds(top["peak"], bandwidth_for(cost.bytes, top["bandwidth"]))
        rows.append(row | {"flops": cost.flops, "bytes": cost.bytes, "least_s": least})
        print(networks_table.line(rows[-1]), flush=True)
    show("A training step", networks_table.TIMES, networks_table.times(rows))
    show("Memory and start", networks_table.STARTS, networks_table.starts(rows))
    print(networks_table.footer(rows), networks_table.roof_line(top), watch.text(), sep="\n")
    append(arguments.json, record("train_step", plain(arguments), rows, roof=top, others=watch.others()))
    differences([row for row in rows if not NETWORKS[row["name"]].random], TRAINED)


if __name__ == "__main__":
    main()
