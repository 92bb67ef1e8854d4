"""``python -m benchmarks.jax_step``: W0's training step written in JAX and compiled whole by ``jax.jit``.

A mark for what is left of the overhead of a tape: compiled as one program, a step has none. JAX is imported when this
runs (``pip install jax``); it is no dependency.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import numpy as np


def step_of(jax: Any) -> tuple[Any, dict[str, Any]]:
    """Return the compiled step (parameters, images, classes) → (loss, parameters), and the first parameters."""
    jnp = jax.numpy
    rng = np.random.default_rng(0)
    first = {
        "kernel": rng.standard_normal((16, 1, 5, 5), dtype=np.float32) * 0.1,
        "bias": np.zeros(16, np.float32),
        "weight": rng.standard_normal((784, 3), dtype=np.float32) * 0.01,
        "shift": np.zeros(3, np.float32),
    }

    def loss(p: Any, x: Any, t: Any) -> Any:
        y = jax.lax.conv_general_dilated(x, p["kernel"], (1, 1), "VALID") + p["bias"][None, :, None, None]
        scores = jnp.maximum(y, 0).reshape(len(x), -1) @ p["weight"] + p["shift"]
        return -jnp.mean(jax.nn.log_softmax(scores)[jnp.arange(len(x)), t])

    def step(p: Any, x: Any, t: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(p, x, t)
        return value, jax.tree.map(lambda a, g: a - 0.01 * g, p, gradients)

    return jax.jit(step), jax.tree.map(jnp.asarray, first)


def measure(jax: Any, x: Any, t: Any) -> float:
    """Return the best of five medians of 300 steps, in milliseconds."""
    step, parameters = step_of(jax)
    medians = []
    for _ in range(6):  # the first to warm up
        times = []
        for _ in range(300):
            before = time.perf_counter()
            _, parameters = step(parameters, x, t)
            jax.block_until_ready(parameters)
            times.append(time.perf_counter() - before)
        medians.append(median(times))
    return min(medians[1:]) * 1e3


def main() -> None:
    """Measure with the images in NumPy arrays, as a program brings them, and in JAX's own."""
    try:
        import jax
    except ModuleNotFoundError as error:
        raise SystemExit("benchmarks.jax_step needs JAX: pip install jax") from error
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((8, 1, 11, 11), dtype=np.float32), rng.integers(0, 3, 8)
    print(f"jax.jit {jax.__version__}, W0, images in NumPy arrays: {measure(jax, x, t):.3f} ms a step")
    x, t = jax.numpy.asarray(x), jax.numpy.asarray(t)
    print(f"jax.jit {jax.__version__}, W0, images in JAX's arrays:  {measure(jax, x, t):.3f} ms a step")


if __name__ == "__main__":
    main()
