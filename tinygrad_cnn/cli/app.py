"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from tinygrad_cnn import __version__
from tinygrad_cnn.cli.data import data
from tinygrad_cnn.cli.demo import demo
from tinygrad_cnn.cli.evaluate import evaluate
from tinygrad_cnn.cli.predict import predict
from tinygrad_cnn.cli.summary import summary
from tinygrad_cnn.cli.train import train

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


for command in (train, evaluate, predict, summary):
    app.command()(command)
app.add_typer(data)
app.command()(demo)
