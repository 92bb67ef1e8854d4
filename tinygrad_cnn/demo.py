"""The demo: train on real digits, check the gradients, draw the graph, write a report."""

from __future__ import annotations

import copy
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.backends.kernels import kernel_mode
from tinygrad_cnn.data import load_mnist_5k
from tinygrad_cnn.gradcheck import ParameterCheck, check_parameters, format_table
from tinygrad_cnn.gradcheck.table import check_table
from tinygrad_cnn.graph import Drawing, draw
from tinygrad_cnn.models import SimpleConvNet
from tinygrad_cnn.nn import functional as F
from tinygrad_cnn.random import manual_seed
from tinygrad_cnn.report import Section, Summary, feature_maps, filters, summary, training_curves, write_page
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.train import History, ProgressBar
from tinygrad_cnn.train.reports import AccuracyLines, ArrayTrainer

CHECKED_IMAGES = 8
"""Number of digits in the loss of the gradient check, which computes it twice for each numerical derivative."""

SHOWN_IMAGES = 4
"""Number of digits whose feature maps are drawn."""


@dataclass(frozen=True)
class DemoResult:
    """The results of `run_demo`, and the path of the report."""

    history: History
    test_accuracy: float
    checks: list[ParameterCheck]
    report: Path


def get_kernels_ready(console: Console) -> None:
    """Compile the kernels if they are not yet compiled, with a message while the user waits."""
    with console.status("compiling the kernels for this processor; this happens once"):
        kernel_mode()


def run_demo(out: Path, *, epochs: int, batch_size: int, lr: float, seed: int, console: Console) -> DemoResult:
    """Train SimpleConvNet on the embedded digits and write ``report.html`` and ``graph.svg`` into `out`.

    Args:
        out: folder for the results; created if missing.
        epochs: number of passes over the 5,000 training digits.
        batch_size: number of digits in a mini-batch.
        lr: learning rate of Adam.
        seed: seeds the initial weights and the shuffling.
        console: where to print.
    """
    out.mkdir(parents=True, exist_ok=True)  # first, to fail at once if it cannot be written to
    manual_seed(seed)
    (x_train, t_train), (x_test, t_test) = load_mnist_5k()
    model = SimpleConvNet()

    get_kernels_ready(console)
    _head(console, "The network")
    layers = summary(model, (1, *x_train.shape[1:]))
    console.print(layers)

    _head(console, f"Training on {len(x_train):,} digits")
    started = time.perf_counter()
    run = ArrayTrainer(
        model, x_train, t_train, x_test, t_test, epochs, batch_size, "adam", {"lr": lr},
        evaluate_sample_num_per_epoch=1000, verbose=False,
    )  # fmt: skip
    lines = AccuracyLines(lambda line: console.print(line, markup=False))
    run.trainer.callbacks += [ProgressBar(console, lines=False), lines]
    history = run.train()
    seconds = time.perf_counter() - started
    test_accuracy = history.column("test_accuracy")[-1]
    console.print(f"final test accuracy {test_accuracy:.3f} after {seconds:.1f} s")

    _head(console, "Checking the gradients")
    double, x, t = copy.deepcopy(model).double(), x_train[:CHECKED_IMAGES].double(), t_train[:CHECKED_IMAGES]
    checks = check_parameters(double, lambda: F.cross_entropy(double(x), t))
    console.print(format_table(checks), markup=False, soft_wrap=True)
    agree = all(check.passed for check in checks)
    if agree:
        console.print("all gradients agree with the numerical ones")
    else:
        console.print("some gradients are wrong", style="bold red")

    _head(console, "Drawing the graph")
    inputs = {"x": x_train[:batch_size], "t": t_train[:batch_size]}
    drawing = draw(F.cross_entropy(model(inputs["x"]), inputs["t"]), params=model, inputs=inputs)
    graph = drawing.save(out / "graph.svg")
    console.print(str(graph), markup=False)

    _head(console, "Writing the report")
    command = f"tinygrad-cnn demo --epochs {epochs} --batch-size {batch_size} --lr {lr:g} --seed {seed} --out {out}"
    report = write_page(
        out / "report.html",
        title="SimpleConvNet on 5,000 digits",
        lead=f"A convolutional network trained for {epochs} epoch{'s' * (epochs > 1)} on MNIST digits, its gradients "
        "checked against numerical ones, and its computational graph as it was recorded.",
        facts={
            "test accuracy": f"{100 * test_accuracy:.1f} %",
            "training accuracy": f"{100 * history.column('train_accuracy')[-1]:.1f} %",
            "parameters": f"{layers.parameters:,}",
            "training time": f"{seconds:.1f} s",
            "gradients": "all agree" if agree else "disagree",
        },
        sections=_sections(model, layers, history, checks, drawing, (x_test, t_test), len(x_train) // batch_size),
        command=command,
    )
    console.print(f"open {report} in a browser", markup=False)
    return DemoResult(history, test_accuracy, checks, report)


def _head(console: Console, title: str) -> None:
    """Print a title in the middle of a horizontal rule, or without the rule if the console is too narrow."""
    if len(title) + 4 <= console.width:
        console.rule(title)
    else:
        console.print(title)


def _sections(
    model: SimpleConvNet, layers: Summary, history: History, checks: list[ParameterCheck], drawing: Drawing,
    test: tuple[Tensor, Tensor], steps_per_epoch: int,
) -> list[Section]:  # fmt: skip
    """Return the sections of the report."""
    curves = {name: history.column(f"{name}_accuracy") for name in ("train", "test")}
    return [
        Section("The network", table=layers.table(), caption=f"{layers.parameters:,} parameters in total."),
        Section(
            "Training",
            svg=training_curves(history.loss, curves, steps_per_epoch),
            caption="Left: cross-entropy of each mini-batch, and its mean over an epoch. Right: accuracy on the first "
            "1,000 training digits and on the 1,000 test digits.",
        ),
        Section(
            "Computational graph of the loss",
            text="Recorded while the model ran, grouped by module. Sizes on the edges are batch × channels × height × "
            "width.",
            svg=drawing.svg,
            wide=True,
        ),
        Section(
            "Gradient check",
            text="A sample of elements of every parameter: the gradient from backpropagation beside the central "
            "difference of the loss, in double precision, at the trained weights.",
            table=check_table(checks),
        ),
        Section(
            "Learned filters",
            svg=filters(model.conv1.weight.detach().numpy()),
            caption="The 30 filters of conv1, 5 × 5 each; white is positive, black negative, on one scale.",
        ),
        Section(
            "Feature maps and predictions",
            svg=_maps(model, *test),
            caption="Test digits, the first eight maps of each layer, and the probability of each class. Green marks "
            "the right class, red a wrong guess.",
        ),
        Section(
            "Made with",
            table=[
                ("what", "version"),
                ("Python", platform.python_version()),
                ("NumPy", np.__version__),
                ("machine", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
                ("date", time.strftime("%Y-%m-%d")),
                ("data", "MNIST, Y. LeCun, C. Cortes, C. Burges, CC BY-SA 3.0"),
            ],
        ),
    ]


def _maps(model: SimpleConvNet, x: Tensor, t: Tensor) -> str:
    """Return the feature maps of a few test digits, including a wrongly classified one if there is one."""
    with no_grad():
        model.eval()
        wrong = np.flatnonzero((model(x).argmax(1) != t).numpy())
        right = np.flatnonzero((model(x).argmax(1) == t).numpy())
        chosen = [*right[: SHOWN_IMAGES - 1], *wrong[:1], *right[SHOWN_IMAGES - 1 :]][:SHOWN_IMAGES]
        images = x[[int(i) for i in chosen]]
        convolved = model.conv1(images)
        active = F.relu(convolved)
        layers = {"conv1": convolved, "relu": active, "pool1": model.pool1(active)}
        probabilities = F.softmax(model(images), dim=1)
    return feature_maps(
        images.numpy(),
        {name: maps.numpy() for name, maps in layers.items()},
        probabilities.numpy(),
        [int(t[int(i)]) for i in chosen],
        [str(digit) for digit in range(10)],
    )
