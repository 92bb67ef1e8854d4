"""Write a self-contained HTML page from sections of text, tables and pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from tinygrad_cnn._files import replacing

_NUMBER = re.compile(r"[+−-]?[\d,]+(\.\d+)?(e[+-]\d+)?( of [\d,]+)?( %)?")


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: the heading.
        text: a paragraph of plain text.
        svg: a picture as SVG text, inserted unchanged.
        table: rows of cells, the header first; columns of numbers are aligned to the right.
        caption: a line below the picture or table.
        wide: whether to let the picture scroll sideways instead of shrinking it to the page.
    """

    title: str
    text: str = ""
    svg: str = ""
    table: Sequence[Sequence[str]] = field(default=())
    caption: str = ""
    wide: bool = False


def write_page(
    path: str | os.PathLike[str],
    *,
    title: str,
    lead: str,
    facts: Mapping[str, str],
    sections: Sequence[Section],
    command: str,
) -> Path:
    """Write the page to `path`, completely or not at all, and return the path.

    Args:
        path: the file; missing folders are made.
        title: heading of the page.
        lead: a sentence below it.
        facts: the numbers to show at the top, by name.
        sections: the parts in order.
        command: the command that repeats the run, shown at the bottom.

    Raises:
        ModuleNotFoundError: jinja2 is not installed; the message names the extra.
    """
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('write_page needs jinja2: pip install "tinygrad-cnn[report]"') from error

    source = resources.files("tinygrad_cnn.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["svg"] = _inline_svg
    environment.filters["alignment"] = _alignment
    text = environment.from_string(source).render(
        title=title, lead=lead, facts=facts, sections=sections, command=command
    )
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", errors="replace")  # file names need not be valid Unicode
    return Path(path)


def _inline_svg(text: str) -> object:
    """Return SVG text without the XML prologue, marked as safe to insert into HTML."""
    from markupsafe import Markup

    return Markup(text[text.index("<svg") :])


def _alignment(table: Sequence[Sequence[str]]) -> list[str]:
    """Return the CSS class of each column: "n", aligned to the right, if every cell below the header is a number."""
    return ["n" if all(_NUMBER.fullmatch(cell) for cell in column) else "" for column in zip(*table[1:], strict=True)]
