"""``python -m benchmarks.layers W2c --vs torch``: where the time of a network goes, layer by layer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.cost import network_rows
from benchmarks.frameworks import compared
from benchmarks.history import append, record
from benchmarks.networks import NETWORKS
from benchmarks.options import parser, plain
from benchmarks.processes import alternate
from benchmarks.quiet import Watch
from benchmarks.seeds import normal
from benchmarks.tables import show
from benchmarks.timing import LEAST
from benchmarks.units import ms, ratio, significant

_TASK = "benchmarks.layers"

HEAD = (
    "layer", "output", "forward ms", "PyTorch", "ratio", "backward ms", "PyTorch", "ratio", "GFLOP/s", "PyTorch"
)  # fmt: skip


def measure(torch: Any, network: str, seconds: float) -> dict[str, Any]:
    """Time each layer of `network` by itself, on the input that it gets in the network.

    Its input needs a gradient where a layer before it has weights, as in the network. What a framework saves by
    computing neighbours in one pass does not show here, but in `train_step`.

    Returns:
        ``forward`` and ``backward``: seconds of each layer, None where there is no backward pass.
    """
    chosen = NETWORKS[network]
    model = chosen.model(torch)
    x, _ = chosen.data(torch)
    forward: list[float] = []
    backward: list[float | None] = []
    needed = False
    for layer in model:
        times = _layer(torch, layer, x, needed, seconds)
        forward.append(times[0])
        backward.append(times[1])
        needed = needed or any(True for _ in layer.parameters())
        with torch.no_grad():
            x = layer(x)
    return {"forward": forward, "backward": backward}


def _layer(torch: Any, layer: Any, x: Any, needed: bool, seconds: float) -> tuple[float, float | None]:
    """Return the medians of one layer's forward and backward pass."""
    parameters = list(layer.parameters())
    x = x.detach().clone()
    if needed:
        x.requires_grad_()
    g = normal(torch, tuple(layer(x).shape), seed=1)
    trained = needed or bool(parameters)
    clock = time.perf_counter

    def call() -> tuple[float, float]:
        for tensor in (x, *parameters):
            tensor.grad = None
        start = clock()
        y = layer(x)
        middle = clock()
        if trained:
            y.backward(g)
        return middle - start, clock() - middle

    for _ in range(LEAST):
        call()
    found: list[tuple[float, float]] = []
    end = clock() + seconds
    while len(found) < LEAST or clock() < end:
        found.append(call())
    return median(one[0] for one in found), median(one[1] for one in found) if trained else None


def compare(network: str, frameworks: Sequence[str], threads: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Measure and return a row for each layer of `network`, with the best times of each framework."""
    found = alternate(_TASK, frameworks, threads, {"network": network, "seconds": seconds}, rounds)
    rows: list[dict[str, Any]] = []
    for i, layer in enumerate(network_rows(NETWORKS[network])):
        row: dict[str, Any] = {"name": layer.name, "kind": layer.kind, "output": list(layer.output)}
        gradients = (layer.parameters > 0) + any(before["parameters"] for before in rows)
        row |= {"parameters": layer.parameters, "flops": 2 * layer.multiply_adds * (1 + gradients)}
        for framework, runs in found.items():
            row[framework] = {key: _least([one[key][i] for one in runs]) for key in ("forward", "backward")}
        rows.append(row)
    return rows


def _least(times: Sequence[float | None]) -> float | None:
    return min((seconds for seconds in times if seconds is not None), default=None)


def _total(times: Mapping[str, float | None]) -> float:
    return sum(seconds for seconds in times.values() if seconds is not None)


def cells(rows: Sequence[Mapping[str, Any]], frameworks: Sequence[str]) -> list[list[str]]:
    """Return the cells of `HEAD`, a list a layer, and their sums."""
    sums: dict[str, Any] = {"name": "sum", "kind": "", "output": [], "flops": sum(row["flops"] for row in rows)}
    for framework in frameworks:
        sums[framework] = {
            key: sum(row[framework][key] or 0 for row in rows) for key in ("forward", "backward")
        }  # fmt: skip
    found = []
    for row in (*rows, sums):
        line = [f"{row['name']}\N{NO-BREAK SPACE}{row['kind']}", "×".join(map(str, row["output"]))]
        for key in ("forward", "backward"):
            ours, theirs = [row.get(framework, {}).get(key) for framework in ("ours", "torch")]
            line += [ms(ours), ms(theirs), ratio(ours, theirs)]
        for framework in ("ours", "torch"):
            rated = row["flops"] and framework in row
            line.append(significant(row["flops"] / _total(row[framework]) / 1e9) if rated else "–")
        found.append(line)
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = parser(_TASK, "Time each layer of a network by itself, on the input it gets there.", seconds=0.3)
    made.add_argument("network", choices=list(NETWORKS), help="the network")
    arguments = made.parse_args(argv)
    frameworks = compared(arguments.vs)
    watch = Watch()
    rows = compare(arguments.network, frameworks, arguments.threads, arguments.rounds, arguments.seconds)
    show(NETWORKS[arguments.network].title, HEAD, cells(rows, frameworks), texts=2)
    print(watch.text())
    append(arguments.json, record("layers", plain(arguments), rows, others=watch.others()))


if __name__ == "__main__":
    main()
