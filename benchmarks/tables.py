"""Tables on the terminal, by rich, and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> None:
    """Print a table.

    Args:
        title: the line above it.
        head: names of the columns.
        rows: cells.
        texts: so many columns from the left are texts; the others are numbers, aligned to the right.
    """
    try:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('benchmarks need rich: pip install "tinygrad-cnn[cli]"') from error
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for i, name in enumerate(head):
        table.add_column(name, justify="left" if i < texts else "right")
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.width = max(console.width, 110)  # a log file counts as 80 columns; figures would be cut
    console.print(table)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """Return a table in Markdown, ending with a newline; for the arguments see `show`."""
    rules = ["---" if i < texts else "--:" for i in range(len(head))]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in (head, *rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in (cells[0], rules, *cells[1:]))
