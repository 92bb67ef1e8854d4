"""``tinygrad-cnn demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinygrad_cnn.cli.console import make_console
from tinygrad_cnn.demo import run_demo


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write report.html and graph.svg into.")] = Path("runs/demo"),
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the 5,000 training digits.")] = 20,
    batch_size: Annotated[int, typer.Option(min=1, help="Digits in a mini-batch.")] = 100,
    lr: Annotated[float, typer.Option(min=0, help="Learning rate of Adam.")] = 0.001,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the initial weights and the shuffling.")] = 0,
) -> None:
    """Train a small convolutional network on real digits, check its gradients, draw its graph, write a report."""
    run_demo(out, epochs=epochs, batch_size=batch_size, lr=lr, seed=seed, console=make_console())
