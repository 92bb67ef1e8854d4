"""``tinygrad-cnn predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.text import Text

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.console import make_console
from tinygrad_cnn.cli.evaluate import Weights
from tinygrad_cnn.cli.images import read_image
from tinygrad_cnn.cli.runs import latest_run, load_trained
from tinygrad_cnn.cli.sets import pipeline
from tinygrad_cnn.nn import functional as F

_SHOWN = 10
"""Classes shown of an image; those less probable are left out."""

_BAR = 30
"""Columns of a bar that stands for 100 %."""


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files.", metavar="IMAGE...")],
    run: Annotated[
        Path | None, typer.Option(help="Folder of a run; the one in runs/ that trained last by default.")
    ] = None,
    weights: Annotated[Weights | None, typer.Option(help="Weights to use; the best if there are such.")] = None,
    invert: Annotated[bool, typer.Option(help="Exchange dark and light, as for ink on paper and MNIST.")] = False,
) -> None:
    """Tell what images show: the probability of each class, the guess, and the truth where a folder's name tells it."""
    console = make_console()
    trained = load_trained(run if run is not None else latest_run(Path("runs")), weights.value if weights else None)
    transform = pipeline(trained.config, "transforms")
    inputs = [read_image(path, trained.shape, transform, invert) for path in images]  # all, before any is printed
    for path, x in zip(images, inputs, strict=True):
        with no_grad():
            probabilities = F.softmax(trained.model(x), dim=1).numpy()[0]
        if not np.isfinite(probabilities).all():
            raise ConfigError(f"{path}: expected finite scores, got NaN: the image or the weights are too large")
        truth = path.resolve().parent.name
        _show(console, path, probabilities, trained.classes, truth if truth in trained.classes else None)


def _show(console: Console, path: Path, probabilities: Array, classes: list[str], truth: str | None) -> None:
    """Print a line for each class, the most probable ones if there are many, in the order of the classes."""
    console.print(str(path), style="bold", markup=False)
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
    console.print(verdict, markup=False)
