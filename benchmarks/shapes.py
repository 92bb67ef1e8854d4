"""``python -m benchmarks.shapes --vs torch``: shapes that nobody tuned for, ours and PyTorch's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import networks_table
from benchmarks.frameworks import compared
from benchmarks.history import append, record
from benchmarks.options import choose, parser, plain
from benchmarks.processes import alternate
from benchmarks.quiet import Watch
from benchmarks.same import differences
from benchmarks.tables import show
from benchmarks.timing import best, medians, spread
from benchmarks.units import ms, ratio
from benchmarks.untuned import SHAPES

_TASK = "benchmarks.shapes"

HEAD = ("shape", "", "ours ms", "PyTorch ms", "ratio")


def measure(torch: Any, shape: str, seconds: float) -> dict[str, Any]:
    """Time the shape in this process; return ``medians`` in seconds and ``check``, figures of its results."""
    call, check = SHAPES[shape].prepare(torch)
    call()
    return {"check": check(), "medians": medians(call, seconds)}


def compare(name: str, frameworks: Sequence[str], threads: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Measure the shape `name` and return its row, with the best time of each framework."""
    row: dict[str, Any] = {"name": name, "title": SHAPES[name].title}
    for framework, runs in alternate(_TASK, frameworks, threads, {"shape": name, "seconds": seconds}, rounds).items():
        last = runs[-1]
        row[framework] = {
            "step_s": best(runs), "spread": spread(runs), "threads": last["threads"], "check": last["check"]
        }  # fmt: skip
    return row


def cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the cells of `HEAD`, a list a row, and a last row with the geometric mean of the ratios."""
    found = []
    for row in rows:
        ours, theirs = [row.get(framework, {}).get("step_s") for framework in ("ours", "torch")]
        found.append([row["name"], row["title"], ms(ours), ms(theirs), ratio(ours, theirs)])
    mean = networks_table.mean_ratio(rows)
    return found if mean is None else [*found, ["geometric mean", "", "", "", f"{mean:.2f}"]]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = parser(_TASK, "Time layers and networks of shapes that no kernel was tuned for.", seconds=0.6)
    choose(made, "--shapes", list(SHAPES))
    arguments = made.parse_args(argv)
    frameworks = compared(arguments.vs)
    watch = Watch()
    rows = []
    for name in arguments.shapes:
        rows.append(compare(name, frameworks, arguments.threads, arguments.rounds, arguments.seconds))
        print(networks_table.line(rows[-1]), flush=True)
    show("Untuned shapes, forward and backward", HEAD, cells(rows), texts=2)
    print(networks_table.footer(rows), watch.text(), sep="\n")
    append(arguments.json, record("shapes", plain(arguments), rows, others=watch.others()))
    differences(rows)


if __name__ == "__main__":
    main()
