"""``python -m benchmarks.overhead --vs torch``: what an operation costs when its arithmetic costs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import networks_table
from benchmarks.frameworks import compared
from benchmarks.history import append, record
from benchmarks.options import parser, plain
from benchmarks.processes import alternate
from benchmarks.quiet import Watch
from benchmarks.same import differences
from benchmarks.seeds import energy, normal
from benchmarks.tables import show
from benchmarks.timing import best, medians, spread
from benchmarks.units import ratio, significant

_TASK = "benchmarks.overhead"

LINKS = 1000
"""Links of the chain y ← y·a + b, of two operations each."""

CHAINS = {
    "forward": "y·a + b, not recorded",
    "forward + backward": "y·a + b, the gradient of y",
    "all gradients": "y·a + b, the gradients of y, a and b",
}

HEAD = ("chain", "", "ours µs an operation", "PyTorch", "ratio")


def measure(torch: Any, seconds: float) -> dict[str, Any]:
    """Return, for each of `CHAINS`, ``medians`` in seconds an operation, and ``check``, figures of the results."""
    return {name: _chain(torch, name, seconds) for name in CHAINS}


def _chain(torch: Any, name: str, seconds: float) -> dict[str, Any]:
    recorded, everything = name != "forward", name == "all gradients"
    # Slopes of 1 ± 0.0005 keep a thousand links at the size of the first.
    x, b = normal(torch, (4,), 0), normal(torch, (4,), 2) * 1e-3
    a = normal(torch, (4,), 1) * 5e-4 + 1.0
    leaves = [x.detach(), a.detach(), b.detach()]
    for leaf in leaves[: 3 if everything else 1]:
        leaf.requires_grad_()
    g = normal(torch, (4,), 3)
    result: list[Any] = []

    def forward() -> Any:
        x, a, b = leaves
        y = x
        for _ in range(LINKS):
            y = y * a + b
        return y

    def call() -> None:
        if not recorded:
            with torch.no_grad():
                result[:] = [forward()]
            return
        for leaf in leaves:
            leaf.grad = None
        y = forward()
        y.backward(g)
        result[:] = [y]

    found = [whole / (2 * LINKS) for whole in medians(call, seconds)]
    grads = [leaf.grad for leaf in leaves if leaf.grad is not None]
    return {"medians": found, "check": [energy(tensor) for tensor in (*result, *grads)]}


def compare(frameworks: Sequence[str], threads: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Measure and return a row for each of `CHAINS`, with the best seconds an operation of each framework."""
    found = alternate(_TASK, frameworks, threads, {"seconds": seconds}, rounds)
    rows = []
    for name, title in CHAINS.items():
        row: dict[str, Any] = {"name": name, "title": title}
        for framework, runs in found.items():
            chains = [run[name] for run in runs]
            row[framework] = {
                "step_s": best(chains), "spread": spread(chains), "threads": runs[0]["threads"],
                "check": chains[0]["check"],
            }  # fmt: skip
        rows.append(row)
    return rows


def cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the cells of `HEAD`, a list a row."""
    found = []
    for row in rows:
        both = [row.get(framework, {}).get("step_s") for framework in ("ours", "torch")]
        micros = ["–" if seconds is None else significant(seconds * 1e6) for seconds in both]
        found.append([row["name"], row["title"], *micros, ratio(*both)])
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = parser(_TASK, f"Time a chain of {2 * LINKS} operations on tensors of four elements.", seconds=1.0)
    arguments = made.parse_args(argv)
    frameworks = compared(arguments.vs)
    watch = Watch()
    rows = compare(frameworks, arguments.threads, arguments.rounds, arguments.seconds)
    show(f"{2 * LINKS} operations on tensors of shape (4,)", HEAD, cells(rows), texts=2)
    print(networks_table.footer(rows), watch.text(), sep="\n")
    append(arguments.json, record("overhead", plain(arguments), rows, others=watch.others()))
    differences(rows)


if __name__ == "__main__":
    main()
