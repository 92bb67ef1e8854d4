"""Format a `Summary` as a table: plain text, Markdown, HTML, or rich."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Literal

from tinygrad_cnn._types import Shape

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinygrad_cnn.report.layers import Summary

HEAD = ("layer", "kind", "output", "parameters", "multiply-adds", "activation bytes")
_TEXTS = 3
"""The first columns are text, aligned to the left; the others numbers, aligned to the right."""

_NARROW = 10
"""The narrowest width in characters at which a layer's name is broken."""


def cells(found: Summary) -> list[tuple[str, ...]]:
    """Return the header, the rows and the totals."""
    lines = [
        (
            row.name, row.kind, _by(row.output), f"{row.parameters:,}", f"{row.multiply_adds:,}",
            f"{row.activation_bytes:,}",
        )
        for row in found.rows
    ]  # fmt: skip
    counted = found.parameters - found.unused
    total = ("total", "", "", f"{counted:,}", f"{found.multiply_adds:,}", f"{found.activation_bytes:,}")
    return [HEAD, *lines, total]


def title(found: Summary) -> str:
    """Return the line above the table."""
    return f"{found.title}, input {', '.join(_by(shape) for shape in found.inputs)}"


def footer(found: Summary) -> str:
    """Return the line below the table."""
    text = f"{found.parameters:,} parameters ({_size(found.parameter_bytes)}), {found.trainable:,} of them trainable"
    return f"{text}; {found.unused:,} were not used" if found.unused else text


def to_text(found: Summary) -> str:
    """Return the table as plain text with aligned columns."""
    lines = cells(found)
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    rule = "─" * (sum(widths) + 2 * (len(HEAD) - 1))
    head, *rows, total = ["  ".join(_aligned(line, widths)) for line in lines]
    return "\n".join([title(found), rule, head, rule, *rows, rule, total, rule, footer(found)])


def to_markdown(found: Summary) -> str:
    """Return the table in Markdown, with the title in bold above, the footer below, and a final newline."""
    lines = [tuple([cell.replace("|", "\\|") for cell in line]) for line in cells(found)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    rule = [f":{'-' * (n - 1)}" if i < _TEXTS else f"{'-' * (n - 1)}:" for i, n in enumerate(widths)]
    head, *rows = [_aligned(line, widths) for line in lines]
    table = "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *rows])
    return f"**{title(found)}**\n\n{table}\n\n{footer(found)}\n"


def to_html(found: Summary) -> str:
    """Return one ``<table>`` element with inline styles."""
    head, *rows, total = cells(found)
    body = "\n".join(_html_row(row, "td") for row in rows)
    return (
        '<table style="border-collapse: collapse; font-variant-numeric: tabular-nums">\n'
        f'<caption style="text-align: left; font-weight: 600">{escape(title(found))}</caption>\n'
        f"<thead>\n{_html_row(head, 'th', 'border-bottom: 2px solid')}\n</thead>\n"
        f"<tbody>\n{body}\n</tbody>\n"
        f"<tfoot>\n{_html_row(total, 'th', 'border-top: 2px solid')}\n"
        f'<tr><td colspan="{len(HEAD)}" style="text-align: left">{escape(footer(found))}</td></tr>\n</tfoot>\n</table>'
    )


def _html_row(line: tuple[str, ...], tag: str, style: str = "") -> str:
    parts = []
    for i, cell in enumerate(line):
        rules = f"text-align: {'left' if i < _TEXTS else 'right'}; padding: 2px 12px" + (f"; {style}" if style else "")
        parts.append(f'<{tag} style="{rules}">{escape(cell)}</{tag}>')
    return f"<tr>{''.join(parts)}</tr>"


def to_rich(found: Summary, width: int) -> Iterator[RenderableType]:
    """Yield the title, the table and the footer for rich.

    Args:
        found: the summary.
        width: characters in a line. If the table does not fit, the columns move together, then layers' names are
            broken, and finally the table becomes a list of sentences, so that no number is cut.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    lines = cells(found)
    head = tuple([name.replace(" ", "\n").replace("-", "-\n") for name in lines[0]])
    widest = [max(len(part) for line in (head, *lines[1:]) for part in line[i].split("\n")) for i in range(len(head))]
    gap = 1 if sum(widest) + 2 * (len(head) - 1) <= width else 0
    yield Text(title(found), style="bold")
    if min(widest[0], _NARROW) + sum(widest[1:]) + len(head) - 1 > width:
        yield from [Text(_in_words(line)) for line in lines[1:]]
        yield Text(footer(found))
        return
    table = Table(
        box=SIMPLE_HEAD, show_footer=True, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0),
        header_style="bold", footer_style="bold",
    )  # fmt: skip
    for i, (name, last) in enumerate(zip(head, lines[-1], strict=True)):
        justify: Literal["left", "right"] = "left" if i < _TEXTS else "right"
        table.add_column(Text(name), Text(last), justify=justify, no_wrap=i > 0, overflow="fold")
    for row in lines[1:-1]:
        table.add_row(*[Text(cell, style="cyan" if i == 0 else "") for i, cell in enumerate(row)])
    yield table
    yield Text(footer(found))


def _in_words(line: tuple[str, ...]) -> str:
    """Return a line of the table as a sentence, which can be broken between words."""
    name, kind, output, *numbers = line
    what = " ".join(part for part in (name, kind, f"→ {output}" if output else "") if part)
    return f"{what}: " + ", ".join(f"{number} {unit}" for number, unit in zip(numbers, HEAD[_TEXTS:], strict=True))


def _aligned(line: tuple[str, ...], widths: list[int]) -> list[str]:
    return [
        cell.ljust(n) if i < _TEXTS else cell.rjust(n) for i, (cell, n) in enumerate(zip(line, widths, strict=True))
    ]


def _by(shape: Shape | None) -> str:
    """Return sizes joined by ×."""
    return "–" if shape is None else "×".join(map(str, shape)) or "scalar"


def _size(count: int) -> str:
    """Return a number of bytes with its decimal unit: 1 kB is 1,000 bytes."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
