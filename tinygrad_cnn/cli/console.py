"""Where commands print: names of files and classes as they are, and tables in which no number is cut."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table


def make_console() -> Console:
    """Return a console on which ``[cat]`` and ``:cat:`` are what they are, and long lines are not broken."""
    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


def counted(number: int, noun: str) -> str:
    """Return "1 epoch" or "2 epochs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_NARROW = 10
"""Columns that a text is broken at, if it must be."""


def print_table(
    console: Console, rows: Sequence[Sequence[str]], numbers: Sequence[int] = (), whole: Sequence[int] = ()
) -> None:
    """Print `rows`, the header first.

    Args:
        console: where to.
        rows: lines of cells.
        numbers: the columns of numbers, which are flush right and never broken. Where a line is too short for them, the
            table is wider than it.
        whole: other columns that are never broken, such as names to type.
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
