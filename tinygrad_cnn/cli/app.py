"""The command-line application: `demo`, and the commands of the other files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinygrad_cnn import __version__
from tinygrad_cnn.cli.console import make_console
from tinygrad_cnn.cli.data import data
from tinygrad_cnn.cli.summary import summary
from tinygrad_cnn.cli.train import train
from tinygrad_cnn.cli.trained import evaluate, predict
from tinygrad_cnn.demo import run_demo

app = typer.Typer(
    name="tinygrad-cnn",
    help="A define-by-run autodiff micro-framework for learning convolutional networks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"tinygrad-cnn {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A define-by-run autodiff micro-framework for learning convolutional networks."""


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write report.html and graph.svg into.")] = Path("runs/demo"),
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the 5,000 training digits.")] = 20,
    batch_size: Annotated[int, typer.Option(min=1, help="Digits in a mini-batch.")] = 100,
    lr: Annotated[float, typer.Option(min=0, help="Learning rate of Adam.")] = 0.001,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the initial weights and the shuffling.")] = 0,
) -> None:
    """Train a small convolutional network on real digits, check its gradients, draw its graph, write a report."""
    run_demo(out, epochs=epochs, batch_size=batch_size, lr=lr, seed=seed, console=make_console())


for command in (train, evaluate, predict, summary):
    app.command()(command)
app.add_typer(data)
app.command()(demo)
