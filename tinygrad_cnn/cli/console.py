"""The console of the commands: prints names of files and classes unchanged, and tables without cutting numbers."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table


def make_console() -> Console:
    """Return a console that prints ``[cat]`` and ``:cat:`` unchanged and does not break long lines."""
    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


def counted(number: int, noun: str) -> str:
    """Return "1 epoch" or "2 epochs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_NARROW = 10
"""The narrowest width in characters at which text is broken."""


def print_table(
    console: Console, rows: Sequence[Sequence[str]], numbers: Sequence[int] = (), whole: Sequence[int] = ()
) -> None:
    """Print `rows`, the header first.

    Args:
        console: where to print.
        rows: lines of cells.
        numbers: the columns of numbers, which are aligned to the right and never broken, even if the table becomes
            wider than the terminal.
        whole: other columns that are never broken, such as names for the user to type.
    """
    head, *body = rows
    table = Table(box=None, header_style="bold")
    width = 0
    for i, name in enumerate(head):
        longest = max(cell_len(row[i]) for row in rows)
        least = longest if i in numbers or i in whole else min(longest, _NARROW)
        table.add_column(name, justify="right" if i in numbers else "left", min_width=least, overflow="fold")
        width += least + 2  # and a space on either side
    for row in body:
        table.add_row(*row)
    console.print(table, width=max(console.width, width), soft_wrap=False, crop=False)


__all__ = ["counted", "make_console", "print_table"]
