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


def format_table(rows: Iterable[ParameterCheck]) -> str:
    """Return `rows` as a Markdown table with aligned columns, one line for each parameter, without a final newline."""
    lines = [_HEADER, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEADER))]
    rule = [f":{'-' * (width - 1)}" if i in _LEFT else f"{'-' * (width - 1)}:" for i, width in enumerate(widths)]
    return printable("\n".join(_line(cells, widths) for cells in [lines[0], tuple(rule), *lines[1:]]))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = [
        cell.ljust(width) if i in _LEFT else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def _cells(row: ParameterCheck) -> tuple[str, ...]:
    found = row.worst_index is not None
    return (
        row.name,
        "×".join(str(size) for size in row.shape) or "scalar",
        f"{row.checked}/{row.elements}",
        str(row.kinks),
        f"{row.max_abs_error:.1e}" if found else "–",
        f"{row.max_rel_error:.1e}" if found else "–",
        str(row.worst_index) if found else "–",
        f"{row.analytic:+.6e}" if found else "–",
        f"{row.numeric:+.6e}" if found else "–",
        f"{row.wrong} wrong" if row.wrong else "ok" if found else "only kinks",
    )
