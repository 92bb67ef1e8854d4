"""``tinygrad-cnn evaluate`` and ``tinygrad-cnn predict``: the commands that use a trained model."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.text import Text

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.console import counted, make_console, print_table
from tinygrad_cnn.cli.images import read_image
from tinygrad_cnn.cli.run_report import class_table
from tinygrad_cnn.cli.runs import latest_run, load_trained
from tinygrad_cnn.cli.sets import build_loader, build_sets, pipeline
from tinygrad_cnn.nn import functional as F
from tinygrad_cnn.optim import SGD
from tinygrad_cnn.train import Accuracy, ConfusionMatrix, Metric, Trainer

_SHOWN = 10
"""The most classes to show for an image, the most probable ones."""

_BAR = 30
"""Columns of a bar that stands for 100 %."""


class Part(StrEnum):
    """A part of the data set."""

    train = "train"
    validation = "validation"
    test = "test"


class Weights(StrEnum):
    """Which of the saved weights to use."""

    best = "best"
    last = "last"


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    part: Annotated[Part, typer.Option(help="Part of the data to measure on.")] = Part.test,
    weights: Annotated[Weights | None, typer.Option(help="Weights to measure; by default the best if saved.")] = None,
) -> None:
    """Measure a trained model: loss, accuracy, and how well it recognizes each class."""
    console = make_console()
    trained = load_trained(run, weights.value if weights else None)
    sets = build_sets(trained.config)
    dataset = {"train": sets.train, "validation": sets.validation, "test": sets.test}[part.value]
    if dataset is None:
        raise ConfigError(f"{trained.config.path}: data: expected validation = …, for this run holds out none")
    metrics: dict[str, Metric] = {"accuracy": Accuracy(), "confusion": ConfusionMatrix(len(trained.classes))}
    if len(trained.classes) > 10:
        metrics["top5"] = Accuracy(top_k=5)
    trainer = Trainer(trained.model, SGD(trained.model.parameters(), lr=0.0), F.cross_entropy, metrics=metrics)
    found = trainer.evaluate(build_loader(trained.config, dataset))
    images = counted(len(dataset), f"{part.value} image")
    console.print(f"{trained.checkpoint.stem}, trained for {counted(trained.epoch, 'epoch')}, on {images}")
    top5 = f", top-5 accuracy {found['top5']:.4f}" if "top5" in found else ""
    console.print(f"loss {found['loss']:.4f}, accuracy {found['accuracy']:.4f}{top5}")
    print_table(console, class_table(found["confusion"], trained.classes), numbers=(1, 2))


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files.", metavar="IMAGE...")],
    run: Annotated[Path | None, typer.Option(help="Folder of a run; by default the latest in runs/.")] = None,
    weights: Annotated[Weights | None, typer.Option(help="Weights to use; by default the best if saved.")] = None,
    invert: Annotated[bool, typer.Option(help="Exchange dark and light, as for ink on paper with MNIST.")] = False,
) -> None:
    """Classify images: print the probability of each class, the guess, and the truth if a folder name tells it."""
    console = make_console()
    trained = load_trained(run if run is not None else latest_run(Path("runs")), weights.value if weights else None)
    transform = pipeline(trained.config, "transforms")
    inputs = [read_image(path, trained.shape, transform, invert) for path in images]  # all before printing any
    for path, x in zip(images, inputs, strict=True):
        with no_grad():
            probabilities = F.softmax(trained.model(x), dim=1).numpy()[0]
        if not np.isfinite(probabilities).all():
            raise ConfigError(f"{path}: expected finite scores, got NaN: the image or the weights are too large")
        truth = path.resolve().parent.name
        _show(console, path, probabilities, trained.classes, truth if truth in trained.classes else None)


def _show(console: Console, path: Path, probabilities: Array, classes: list[str], truth: str | None) -> None:
    """Print a line for each of the most probable classes, in the order of the classes."""
    console.print(str(path), style="bold")
    guess = int(probabilities.argmax())
    width = max(map(len, classes))
    for i in sorted(np.argsort(-probabilities, kind="stable")[:_SHOWN].tolist()):
        share = float(probabilities[i])
        line = Text(f"  {classes[i]:>{width}} {100 * share:5.1f} % ", style="bold" if i == guess else "")
        line.append("█" * round(_BAR * share), style="green" if i == guess else "dim")
        console.print(line)
    verdict = f"  guess {classes[guess]}"
    if truth is not None:
        verdict += f", truth {truth}: {'right' if truth == classes[guess] else 'wrong'}"
    console.print(verdict)
