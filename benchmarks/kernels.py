"""Time single kernels against PyTorch's, in one process by turns: ``python -m benchmarks.kernels [NAME...]``.

Each line is the best of the medians of a few rounds, in microseconds, and the ratio of the two. With NAMEs, only the
lines that contain one of them. Both sides use two threads, or ``--threads N``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import tinygrad_cnn as tc
from tinygrad_cnn import kernels, nn, ops, optim
from tinygrad_cnn.backends.threads import set_num_threads
from tinygrad_cnn.fast import memory, norm

ROUNDS, SECONDS = 5, 0.04
PAUSE = 0.02
"""Seconds after which the threads of the side that ran before sleep, and leave the processors to the other."""
PADDED = ((1, 1), (1, 1))
NO_PADDING = ((0, 0), (0, 0))
EPS = 1e-5

Call = Callable[[], object]


def call(op: Any, *args: Any, **attrs: Any) -> Call:
    """Return what calls an operation on arrays."""
    return partial(op, *args, **attrs)


class Line(NamedTuple):
    """What is compared: a name, and the two calls."""

    name: str
    ours: Call
    theirs: Call


def made(*shape: int) -> np.ndarray:
    """Return normal samples in memory like that of activations."""
    array = memory.empty(shape, np.dtype(np.float32))
    array[...] = np.random.default_rng(0).standard_normal(shape)
    return array


def norms(torch: Any) -> Iterator[Line]:
    """Batch normalisation and ReLU."""
    aten = torch.ops.aten
    for shape in [(64, 64, 32, 32), (64, 32, 16, 16)]:
        x, g, c = made(*shape), made(*shape), shape[1]
        w, b, ones = made(c), made(c), np.ones(c, np.float32)
        tx, tg, tw, tb, t1 = map(torch.from_numpy, (x, g, w, b, ones))
        found: Any = kernels.batch_norm(x, w, b, None, None, eps=EPS)
        y, mean, var = found
        relu = np.maximum(y, 0)
        ty, saved_mean, saved_rstd = torch.native_batch_norm(tx, tw, tb, None, None, True, 0.1, EPS)
        open_gate = torch.relu(ty)

        def theirs_backward(
            g: Any, y: Any = None, x: Any = tx, w: Any = tw, m: Any = saved_mean, r: Any = saved_rstd
        ) -> Any:
            if y is not None:
                g = aten.threshold_backward(g, y, 0)
            return aten.native_batch_norm_backward(g, x, w, None, None, m, r, True, EPS, [True] * 3)

        yield Line(
            f"batch_norm {shape}",
            call(ops.batch_norm, x, w, b, None, None, eps=EPS),
            partial(torch.native_batch_norm, tx, tw, tb, None, None, True, 0.1, EPS),
        )
        yield Line(
            f"batch_norm, evaluation {shape}",
            call(ops.batch_norm, x, w, b, b, ones, eps=EPS),
            partial(torch.native_batch_norm, tx, tw, tb, tb, t1, False, 0.1, EPS),
        )
        yield Line(
            f"batch_norm gradients {shape}",
            partial(norm.differentiate, (True, True, True), EPS, g, None, x, w, mean, var),
            partial(theirs_backward, tg),
        )
        yield Line(
            f"batch_norm + relu gradients {shape}",
            partial(norm.differentiate, (True, True, True), EPS, g, relu, x, w, mean, var),
            partial(theirs_backward, tg, open_gate),
        )
        yield Line(f"relu {shape}", call(ops.relu, x), partial(torch.relu, tx))
        yield Line(
            f"relu gradient {shape}",
            call(ops.relu_input, g, relu),
            partial(aten.threshold_backward, tg, open_gate, 0),
        )


def pools(torch: Any) -> Iterator[Line]:
    """Max and average pooling."""
    aten, functional = torch.ops.aten, torch.nn.functional
    for shape, k, s, padding in [
        ((100, 16, 28, 28), 2, 2, NO_PADDING),
        ((64, 32, 32, 32), 2, 2, NO_PADDING),
        ((10, 6, 96, 96), 4, 4, NO_PADDING),
        ((64, 32, 32, 32), 3, 2, PADDED),
    ]:
        x, p = made(*shape), padding[0][0]
        tx = torch.from_numpy(x)
        how: dict[str, Any] = {"kernel_size": (k, k), "stride": (s, s), "padding": padding}
        dense: dict[str, Any] = {**how, "dilation": (1, 1)}
        shared: dict[str, Any] = {**how, "counted": padding, "divisor_override": None}
        y, taps = kernels.max_pool2d(x, **dense)
        _, places = functional.max_pool2d_with_indices(tx, k, s, p)
        g = made(*y.shape)
        tg, size, geometry = torch.from_numpy(g), shape[2:], ([k, k], [s, s], [p, p])
        name = f"{shape} {k}×{k}/{s}"
        yield Line(
            f"max_pool2d {name}",
            call(ops.max_pool2d, x, **dense),
            partial(functional.max_pool2d_with_indices, tx, k, s, p),
        )
        yield Line(
            f"max_pool2d gradient {name}",
            call(ops.max_pool2d_scatter, g, taps, input_size=size, **dense),
            partial(aten.max_pool2d_with_indices_backward, tg, tx, *geometry, [1, 1], False, places),
        )
        yield Line(
            f"avg_pool2d {name}",
            call(ops.avg_pool2d, x, **shared),
            partial(functional.avg_pool2d, tx, k, s, p),
        )
        yield Line(
            f"avg_pool2d gradient {name}",
            call(ops.avg_pool2d_input, g, input_size=size, **shared),
            partial(aten.avg_pool2d_backward, tg, tx, *geometry, False, True, None),
        )


def losses(torch: Any) -> Iterator[Line]:
    """Softmax and cross-entropy."""
    aten, functional = torch.ops.aten, torch.nn.functional
    for n, c in [(100, 10), (512, 1000)]:
        x, target, g = made(n, c), np.arange(n) % c, np.ones((), np.float32)
        tx, tt, tg = map(torch.from_numpy, (x, target, g))
        log_p, total = torch.log_softmax(tx, 1), torch.tensor(float(n))

        def theirs(g: Any = tg, log_p: Any = log_p, t: Any = tt, total: Any = total) -> Any:
            through = aten.nll_loss_backward(g, log_p, t, None, 1, -100, total)
            return aten._log_softmax_backward_data(through, log_p, 1, torch.float32)

        yield Line(f"softmax {n}×{c}", call(ops.softmax, x, dim=1), partial(torch.softmax, tx, 1))
        yield Line(
            f"cross_entropy {n}×{c}",
            call(ops.cross_entropy, x, target, reduction="mean"),
            partial(functional.cross_entropy, tx, tt),
        )
        yield Line(
            f"cross_entropy gradient {n}×{c}",
            call(ops.cross_entropy_input, g, x, target, reduction="mean"),
            theirs,
        )


def optimizers(torch: Any) -> Iterator[Line]:
    """Whole steps over four parameters."""
    tiny = [(16, 1, 5, 5), (16,), (3, 784), (3,)]
    medium = [(30, 1, 5, 5), (100, 4320 - 30), (100,), (10, 100)]
    large = [(4000, 3072), (4000,), (10, 4000), (10,)]
    nesterov = {"lr": 1e-3, "momentum": 0.9, "nesterov": True}
    for kind, settings, label, shapes in [
        ("SGD", {"lr": 1e-3}, "2.8 k", tiny),
        ("SGD", nesterov, "2.8 k", tiny),
        ("Adam", {}, "2.8 k", tiny),
        ("SGD", nesterov, "431 k", medium),
        ("Adam", {}, "431 k", medium),
        ("AdamW", {}, "431 k", medium),
        ("RMSprop", {}, "431 k", medium),
        ("Adagrad", {}, "431 k", medium),
        ("Adadelta", {}, "431 k", medium),
        ("SGD", nesterov, "12.3 M", large),
        ("Adam", {}, "12.3 M", large),
    ]:
        ours = [nn.Parameter(tc.tensor(made(*shape))) for shape in shapes]
        theirs = [torch.nn.Parameter(torch.from_numpy(made(*shape))) for shape in shapes]
        for p, q in zip(ours, theirs, strict=True):
            p.grad, q.grad = tc.tensor(p.array * 1e-3), q.detach() * 1e-3
        yield Line(
            f"{kind} {'Nesterov ' if settings is nesterov else ''}{label} parameters",
            getattr(optim, kind)(ours, **settings).step,
            getattr(torch.optim, kind)(theirs, **settings).step,
        )


def median(call: Call, count: int) -> float:
    """Return the median of `count` times of `call`, in seconds."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def compare(line: Line) -> tuple[float, float]:
    """Return the best of the medians of both calls, in seconds."""
    found: tuple[list[float], list[float]] = ([], [])
    for call in line[1:]:
        call()
    counts = [max(3, min(300, int(SECONDS / max(median(call, 2), 1e-7)))) for call in line[1:]]
    for _ in range(ROUNDS):
        for call, count, times in zip(line[1:], counts, found, strict=True):
            time.sleep(PAUSE)
            for _ in range(3):
                call()
            times.append(median(call, count))
    return min(found[0]), min(found[1])


def copy_speed() -> float:
    """Return how many bytes a second `numpy.copyto` of 64 MB reads and writes: about what memory allows."""
    a, b = np.zeros(16 << 20, np.float32), np.zeros(16 << 20, np.float32)
    return 2 * a.nbytes / min(median(lambda: np.copyto(b, a), 3) for _ in range(3))


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="compare only lines that contain one of these")
    parser.add_argument("--threads", type=int, default=2, help="threads of each side (2)")
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        parser.exit(1, "benchmarks.kernels compares with PyTorch; pip install torch\n")
    torch.set_num_threads(options.threads)
    set_num_threads(options.threads)
    print(f"one thread copies {copy_speed() / 1e9:.1f} GB/s; {options.threads} threads below, microseconds")
    print(f"{'':46s}{'ours':>10s}{'PyTorch':>10s}{'ratio':>7s}")
    with torch.no_grad():
        for lines in (norms, pools, losses, optimizers):
            for line in lines(torch):
                if options.names and not any(name in line.name for name in options.names):
                    continue
                ours, theirs = compare(line)
                print(f"{line.name:46s}{ours * 1e6:10.1f}{theirs * 1e6:10.1f}{ours / theirs:7.2f}", flush=True)


if __name__ == "__main__":
    main()
