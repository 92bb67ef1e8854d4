"""``tinygrad-cnn data``: list, fetch and check data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from tinygrad_cnn.cli.console import make_console, print_table
from tinygrad_cnn.data import catalog

data = typer.Typer(name="data", help="List, fetch and check data sets.", no_args_is_help=True)

_Root = Annotated[Path | None, typer.Option(help="Folder of the data sets; $TINYGRAD_CNN_DATA by default.")]
_Name = Annotated[str, typer.Argument(help="Name of a data set from `data list`, in any case.", metavar="NAME")]


@data.command("list")
def list_sets() -> None:
    """List the data sets."""
    rows = [(entry.name, entry.about) for entry in catalog.available()]
    print_table(make_console(), [("name", "what it is"), *rows], whole=(0,))


@data.command()
def get(name: _Name, root: _Root = None) -> None:
    """Download the missing or damaged files of a data set."""
    files = catalog.get(name, root)
    console = make_console()
    for path in files.values():
        console.print(str(path))
    if not files:
        console.print(f"{name} comes with the package")


@data.command()
def verify(name: _Name, root: _Root = None) -> None:
    """Compare the files of a data set with their published checksums; exit code 1 if one is missing or damaged."""
    found = catalog.verify(name, root)
    console = make_console()
    for file, status in found.items():
        colour = "green" if status == "ok" else "red"
        console.print(Text(f"{status:8}", style=colour), file)
    if not found:
        console.print(f"{name} comes with the package")
    if any(status != "ok" for status in found.values()):
        raise typer.Exit(1)
