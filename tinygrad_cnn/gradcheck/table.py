"""Gradient checks as a table that is readable both as plain text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from tinygrad_cnn._output import printable
from tinygrad_cnn.gradcheck.parameters import ParameterCheck

_HEADER = (
    "parameter", "shape", "checked", "kinks", "max abs error", "max rel error", "worst at", "analytic", "numeric",
    "result",
)  # fmt: skip
_LEFT = {0, 1, 6, 9}  # columns of text; numbers are aligned to the right


def check_table(rows: Iterable[ParameterCheck]) -> list[tuple[str, ...]]:
    """Return the cells of the table as text: the header, then one line for each parameter."""
    return [_HEADER, *map(_cells, rows)]


def format_table(rows: Iterable[ParameterCheck]) -> str:
    """Return `rows` as a Markdown table with aligned columns, one line for each parameter, without a final newline."""
    lines = check_table(rows)
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEADER))]
    rule = tuple(f":{'-' * (n - 1)}" if i in _LEFT else f"{'-' * (n - 1)}:" for i, n in enumerate(widths))
    lines.insert(1, rule)
    return printable("\n".join(_line(cells, widths) for cells in lines))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    pairs = enumerate(zip(cells, widths, strict=True))
    return f"| {' | '.join(cell.ljust(n) if i in _LEFT else cell.rjust(n) for i, (cell, n) in pairs)} |"


def _cells(row: ParameterCheck) -> tuple[str, ...]:
    if row.worst_index is None:
        worst = ("–",) * 5
    else:
        errors = f"{row.max_abs_error:.1e}", f"{row.max_rel_error:.1e}"
        worst = (*errors, str(row.worst_index), f"{row.analytic:+.6e}", f"{row.numeric:+.6e}")
    result = f"{row.wrong} wrong" if row.wrong else "only kinks" if row.worst_index is None else "ok"
    shape = "×".join(map(str, row.shape)) or "scalar"
    return row.name, shape, f"{row.checked}/{row.elements}", str(row.kinks), *worst, result
