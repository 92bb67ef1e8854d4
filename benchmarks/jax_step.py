"""``python -m benchmarks.jax_step --vs torch``: W0's training step here, in PyTorch, and compiled whole by ``jax.jit``.

A mark for what is left of the overhead of a tape: compiled as one program, a step has none. JAX is imported when this
runs (``pip install jax``); it is no dependency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import networks_table
from benchmarks.frameworks import INSTALL, available, compared
from benchmarks.history import append, record
from benchmarks.networks import NETWORKS
from benchmarks.options import parser, plain
from benchmarks.processes import alternate
from benchmarks.quiet import Watch
from benchmarks.steps import stand_still
from benchmarks.tables import show
from benchmarks.timing import best, medians, spread
from benchmarks.units import ratio, significant

_TASK = "benchmarks.jax_step"

INPUTS = {"given": "images in NumPy arrays", "own": "images in arrays of the framework's own"}

HEAD = ("a step of W0 by", "images", "ms", "ours is")


def measure(framework: Any, seconds: float) -> dict[str, Any]:
    """Return ``medians`` in seconds a step, for each of `INPUTS`."""
    rng = np.random.default_rng(0)
    images, classes = rng.standard_normal(NETWORKS["W0"].batch, dtype=np.float32), rng.integers(0, 3, 8)
    step, convert = (jax_step if framework.__name__ == "jax" else own_step)(framework)
    own = convert(images), convert(classes)
    return {
        "medians": {
            "given": medians(lambda: step(images, classes), seconds),
            "own": medians(lambda: step(*own), seconds),
        }
    }


def own_step(torch: Any) -> tuple[Callable[..., Any], Callable[[Any], Any]]:
    """Return a step on (images, classes) as everybody writes it, and what makes a tensor of an array."""
    network = NETWORKS["W0"]
    model = network.model(torch)
    optimizer = network.optimizer(torch, model.parameters())
    stand_still(optimizer)
    cross_entropy = torch.nn.functional.cross_entropy

    def step(x: Any, t: Any) -> Any:
        if not isinstance(x, torch.Tensor):
            x, t = torch.from_numpy(x), torch.from_numpy(t)
        optimizer.zero_grad()
        loss = cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return step, torch.from_numpy


def jax_step(jax: Any) -> tuple[Callable[..., Any], Callable[[Any], Any]]:
    """Return a compiled step on (images, classes) that keeps its parameters, and what makes a JAX array of an array."""
    jnp = jax.numpy
    rng = np.random.default_rng(0)
    parameters = jax.tree.map(
        jnp.asarray,
        {
            "kernel": rng.standard_normal((16, 1, 5, 5), dtype=np.float32) * 0.1,
            "bias": np.zeros(16, np.float32),
            "weight": rng.standard_normal((784, 3), dtype=np.float32) * 0.01,
            "shift": np.zeros(3, np.float32),
        },
    )

    def loss(p: Any, x: Any, t: Any) -> Any:
        y = jax.lax.conv_general_dilated(x, p["kernel"], (1, 1), "VALID") + p["bias"][None, :, None, None]
        scores = jnp.maximum(y, 0).reshape(len(x), -1) @ p["weight"] + p["shift"]
        return -jnp.mean(jax.nn.log_softmax(scores)[jnp.arange(len(x)), t])

    def whole(p: Any, x: Any, t: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(p, x, t)
        return value, jax.tree.map(lambda a, g: a - 1e-7 * g, p, gradients)

    compiled = jax.jit(whole)

    def step(x: Any, t: Any) -> Any:
        nonlocal parameters
        value, parameters = compiled(parameters, x, t)
        jax.block_until_ready(parameters)
        return value

    return step, jnp.asarray


def compare(frameworks: Sequence[str], threads: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Measure and return a row for each framework and each of `INPUTS`."""
    found = alternate(_TASK, frameworks, threads, {"seconds": seconds}, rounds)
    rows = []
    for framework, runs in found.items():
        for name, title in INPUTS.items():
            one = [{"medians": run["medians"][name]} for run in runs]
            rows.append(
                {"name": framework, "images": title, "step_s": best(one), "spread": spread(one),
                 "medians": [run["medians"] for run in one]}
            )  # fmt: skip
    return rows


def cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the cells of `HEAD`, a list a row."""
    names = networks_table.NAMES | {"jax": "jax.jit"}
    ours = {row["images"]: row["step_s"] for row in rows if row["name"] == "ours"}
    return [
        [names[row["name"]], row["images"], significant(row["step_s"] * 1e3), ratio(ours[row["images"]], row["step_s"])]
        for row in rows
    ]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = parser(_TASK, "Time a training step of W0 by ours, PyTorch and jax.jit.", seconds=1.0, rounds=6)
    arguments = made.parse_args(argv)
    frameworks = compared(arguments.vs)
    if available("jax"):
        frameworks.append("jax")
    else:
        print(f"jax is not installed ({INSTALL['jax']}): it is left out")
    watch = Watch()
    rows = compare(frameworks, arguments.threads, arguments.rounds, arguments.seconds)
    show("A training step of W0", HEAD, cells(rows), texts=2)
    for row in rows:
        rounds = ", ".join(significant(min(one) * 1e3) for one in row["medians"])
        print(f"{row['name']}, {row['images']}, the rounds: {rounds} ms")
    print(watch.text())
    append(arguments.json, record("jax_step", plain(arguments), rows, others=watch.others()))


if __name__ == "__main__":
    main()
