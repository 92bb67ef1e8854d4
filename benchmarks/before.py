"""``python -m benchmarks.before CHECKOUT``: steps, shapes and operations here and in another checkout, in turn.

The other checkout is one of this repository, such as ``git worktree add /tmp/before COMMIT`` makes. Each process runs
in its own checkout, with the package and the benchmarks that are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.networks import NETWORKS
from benchmarks.options import choose, parser, plain
from benchmarks.overhead import CHAINS
from benchmarks.processes import ROOT, run
from benchmarks.quiet import Watch
from benchmarks.tables import show
from benchmarks.timing import best, spread
from benchmarks.units import ms, ratio
from benchmarks.untuned import SHAPES

WHAT = ("networks", "shapes", "overhead")

HEAD = ("what", "", "now ms", "before ms", "now / before", "slowest median … × best")


def compare(
    task: str, arguments: Mapping[str, Any], before: Path, threads: int, rounds: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Run a task here and in the checkout `before` in turn, and return the figures of both, round by round."""
    now: list[dict[str, Any]] = []
    then: list[dict[str, Any]] = []
    for i in range(rounds):
        order = [(now, ROOT), (then, before)]
        for found, root in order if i % 2 == 0 else reversed(order):
            found.append(run(task, "ours", threads, arguments, root=root))
    return now, then


def row(what: str, name: str, now: Sequence[dict[str, Any]], then: Sequence[dict[str, Any]]) -> list[str]:
    """Return the cells of `HEAD`."""
    seconds = best(now), best(then)
    return [what, name, *map(ms, seconds), ratio(*seconds), f"{max(spread(now), spread(then)):.2f}"]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = parser("benchmarks.before", "Measure here and in another checkout, in alternating processes.", seconds=1.0)
    made.add_argument("checkout", type=Path, help="folder of the other checkout")
    choose(made, "--what", WHAT)
    choose(made, "--networks", [name for name in NETWORKS if name < "W6"])
    choose(made, "--shapes", list(SHAPES))
    arguments = made.parse_args(argv)
    before = arguments.checkout.resolve()
    if not (before / "benchmarks" / "child.py").is_file():
        made.error(f"expected a checkout of this repository, got {before}")
    watch = Watch()
    rows: list[list[str]] = []
    timing = {"threads": arguments.threads, "rounds": arguments.rounds}
    tasks = [
        *(("networks", name, "benchmarks.train_step", {"network": name}) for name in arguments.networks),
        *(("shapes", name, "benchmarks.shapes", {"shape": name}) for name in arguments.shapes),
        ("overhead", "", "benchmarks.overhead", {}),
    ]
    for what, name, task, chosen in tasks:
        if what not in arguments.what:
            continue
        now, then = compare(task, {**chosen, "seconds": arguments.seconds}, before, **timing)
        if what == "overhead":
            rows += [row(what, chain, [one[chain] for one in now], [one[chain] for one in then]) for chain in CHAINS]
        else:
            rows.append(row(what, name, now, then))
        print("  ".join(rows[-1]), flush=True)
    show(f"Here and in {before}", HEAD, rows, texts=2)
    print(plain(arguments)["rounds"], "rounds;", watch.text())


if __name__ == "__main__":
    main()
