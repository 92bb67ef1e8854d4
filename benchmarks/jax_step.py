"""``python -m benchmarks.jax_step --vs torch``: W0's training step here, in PyTorch, and compiled whole by ``jax.jit``.

A mark for what is left of the overhead of a tape: compiled as one program, a step has none. JAX is imported when this
runs (``pip install jax``); it is no dependency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks import networks_table
from benchmarks.frameworks import INSTALL, available, compared
from benchmarks.history import append, record
from benchmarks.networks import NETWORKS
from benchmarks.options import parser, plain
from benchmarks.processes import alternate
from benchmarks.quiet import Watch
from benchmarks.same import TRAINED, differences
from benchmarks.seeds import labels, normal
from benchmarks.steps import stand_still
from benchmarks.tables import show
from benchmarks.timing import medians
from benchmarks.units import ms

_TASK = "benchmarks.jax_step"

NETWORK = NETWORKS["W0"]
RATE = 1e-3

IMAGES = {"given": "images in NumPy arrays", "own": "images in its own arrays"}

HEAD = ("a step of W0 by", *[f"{title}, {which}" for title in IMAGES.values() for which in ("best ms", "middle ms")])

Step = Callable[[Any, Any], Any]


def measure(framework: Any, seconds: float) -> dict[str, Any]:
    """Return the medians of a step in seconds, for each of `IMAGES`, and ``check``, the losses of three steps."""
    import tinygrad_cnn

    batch = [tensor.numpy() for tensor in (normal(tinygrad_cnn, NETWORK.batch), labels(tinygrad_cnn, 8, 3))]
    make, convert = _jax(framework) if framework.__name__ == "jax" else _eager(framework)
    step = make(False)
    losses = [float(step(*batch)) for _ in range(3)]
    step = make(True)
    own = [convert(array) for array in batch]
    return {
        "check": losses, "given": medians(lambda: step(*batch), seconds), "own": medians(lambda: step(*own), seconds)
    }  # fmt: skip


def _eager(torch: Any) -> tuple[Callable[[bool], Step], Callable[[Any], Any]]:
    """Return what makes a step as everybody writes it, with tiny changes if asked for, and a tensor of an array."""

    def make(still: bool) -> Step:
        model = NETWORK.model(torch)
        optimizer = NETWORK.optimizer(torch, model.parameters())
        if still:
            stand_still(optimizer)
        cross_entropy = torch.nn.functional.cross_entropy

        def step(x: Any, t: Any) -> Any:
            if not isinstance(x, torch.Tensor):
                x, t = torch.from_numpy(x), torch.from_numpy(t)
            optimizer.zero_grad()
            loss = cross_entropy(model(x), t)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step

    return make, torch.from_numpy


def _jax(jax: Any) -> tuple[Callable[[bool], Step], Callable[[Any], Any]]:
    """Return what makes a step that is compiled whole, with the weights of the others, and a JAX array of an array."""
    import tinygrad_cnn

    jnp = jax.numpy
    first = {name: one.detach().numpy() for name, one in NETWORK.model(tinygrad_cnn).named_parameters()}

    def loss(p: Any, x: Any, t: Any) -> Any:
        y = jax.lax.conv_general_dilated(x, p["0.weight"], (1, 1), "VALID") + p["0.bias"][None, :, None, None]
        scores = jnp.maximum(y, 0).reshape(len(x), -1) @ p["3.weight"].T + p["3.bias"]
        return -jnp.mean(jax.nn.log_softmax(scores)[jnp.arange(len(x)), t])

    def make(still: bool) -> Step:
        rate = RATE * (1e-4 if still else 1)
        parameters = jax.tree.map(jnp.asarray, first)

        def whole(p: Any, x: Any, t: Any) -> Any:
            value, gradients = jax.value_and_grad(loss)(p, x, t)
            return value, jax.tree.map(lambda a, g: a - rate * g, p, gradients)

        compiled = jax.jit(whole)

        def step(x: Any, t: Any) -> Any:
            nonlocal parameters
            value, parameters = compiled(parameters, x, t)
            jax.block_until_ready(parameters)
            return value

        return step

    return make, jnp.asarray


def compare(frameworks: Sequence[str], threads: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Measure and return a row for each framework: for each of `IMAGES` the best median of each round, in seconds."""
    found = alternate(_TASK, frameworks, threads, {"seconds": seconds}, rounds)
    return [
        {
            "name": framework, "check": runs[0]["check"],
            **{images: [min(run[images]) for run in runs] for images in IMAGES},
        }
        for framework, runs in found.items()
    ]  # fmt: skip


def cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the cells of `HEAD`, a list a row: the best of the rounds, and the one in the middle."""
    names = networks_table.NAMES | {"jax": "jax.jit"}
    return [[names[row["name"]], *[ms(of(row[images])) for images in IMAGES for of in (min, median)]] for row in rows]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = parser(_TASK, "Time a training step of W0 by ours, PyTorch and jax.jit.", seconds=1.0, rounds=9)
    arguments = made.parse_args(argv)
    frameworks = compared(arguments.vs)
    if available("jax"):
        frameworks.append("jax")
    else:
        print(f"jax is not installed ({INSTALL['jax']}): it is left out")
    watch = Watch()
    rows = compare(frameworks, arguments.threads, arguments.rounds, arguments.seconds)
    show("A training step of W0", HEAD, cells(rows))
    for row in rows:
        for images, title in IMAGES.items():
            print(f"{row['name']}, {title}, round by round: {', '.join(ms(one) for one in row[images])} ms")
    print(watch.text())
    append(arguments.json, record("jax_step", plain(arguments), rows, others=watch.others()))
    differences([{"name": row["name"], "ours": rows[0], "torch": row} for row in rows[1:]], TRAINED)


if __name__ == "__main__":
    main()
