"""``python -m benchmarks.report HISTORY.json``: the Markdown tables of docs/performance.md, from the history."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import jax_step, layers, networks_table, numba_conv, overhead, shapes
from benchmarks.history import read
from benchmarks.networks import NETWORKS
from benchmarks.tables import markdown
from benchmarks.untuned import SHAPES

Line = Mapping[str, Any]


def latest(history: Sequence[Line], command: str, order: Sequence[str]) -> tuple[list[dict[str, Any]], list[Line]]:
    """Return the newest row of each name in `order`, and the runs that these rows are from, oldest first.

    A run of some networks and one of the others make one table.
    """
    rows: dict[str, tuple[dict[str, Any], Line]] = {}
    for line in history:
        if line["command"] == command:
            rows |= {row["name"]: (row, line) for row in line["rows"]}
    found = [rows[name] for name in order if name in rows]
    used = {id(line) for _, line in found}
    return [row for row, _ in found], [line for line in history if id(line) in used]


def source(runs: Sequence[Line]) -> str:
    """Return the sentence under a table: when, on what and with which versions it was measured."""
    last = runs[-1]
    dates = sorted({line["date"][:10] for line in runs})
    known = {"numpy": "NumPy", "torch": "PyTorch", "numba": "Numba", "jax": "JAX", "tinygrad-cnn": "tinygrad_cnn"}
    versions = ", ".join(f"{known[key]} {text}" for key, text in last["versions"].items() if key in known)
    where = last["machine"]
    quiet = [line["others"] for line in runs if line.get("others") is not None]
    meanwhile = f" Other processes kept {max(quiet):.2f} processors busy meanwhile." if quiet else ""
    return (
        f"{' and '.join(dates)}; {where['cpu']}, {where['cores']} cores, {where['os']}, Python {where['python']}; "
        f"{last['arguments']['threads']} threads; {versions}.{meanwhile}\n"
    )


def _networks(history: Sequence[Line]) -> str | None:
    rows, runs = latest(history, "train_step", list(NETWORKS))
    if not rows:
        return None
    titles = [[row["name"], row["title"]] for row in rows]
    parts = [
        markdown(("network", "layers; batch; optimizer"), titles, texts=2),
        markdown(networks_table.TIMES, networks_table.times(rows)),
        markdown(networks_table.STARTS, networks_table.starts(rows)),
        f"The {networks_table.roof_line(runs[-1]['roof'])}. {source(runs)}",
    ]
    return "\n".join(parts)


def _shapes(history: Sequence[Line]) -> str | None:
    rows, runs = latest(history, "shapes", list(SHAPES))
    return f"{markdown(shapes.HEAD, shapes.cells(rows), texts=2)}\n{source(runs)}" if rows else None


def _overhead(history: Sequence[Line]) -> str | None:
    rows, runs = latest(history, "overhead", list(overhead.CHAINS))
    return f"{markdown(overhead.HEAD, overhead.cells(rows), texts=2)}\n{source(runs)}" if rows else None


def _numba(history: Sequence[Line]) -> str | None:
    rows, runs = latest(history, "numba_conv", ["ours", "torch", "numba"])
    return f"{markdown(numba_conv.HEAD, numba_conv.cells(rows))}\n{source(runs)}" if rows else None


def _jax(history: Sequence[Line]) -> str | None:
    rows, runs = latest(history, "jax_step", ["ours", "torch", "jax"])
    return f"{markdown(jax_step.HEAD, jax_step.cells(rows))}\n{source(runs)}" if rows else None


def _layers(history: Sequence[Line]) -> str | None:
    runs = [line for line in history if line["command"] == "layers"]
    if not runs:
        return None
    rows = runs[-1]["rows"]
    frameworks = [name for name in ("ours", "torch") if name in rows[0]]
    name = runs[-1]["arguments"]["network"]
    return f"{name}:\n\n{markdown(layers.HEAD, layers.cells(rows, frameworks), texts=2)}\n{source(runs[-1:])}"


TABLES: dict[str, Callable[[Sequence[Line]], str | None]] = {
    "networks": _networks,
    "shapes": _shapes,
    "overhead": _overhead,
    "layers": _layers,
    "numba": _numba,
    "jax": _jax,
}
"""Name of a place in the page, and what makes its text: None where the history has nothing for it."""


def fill(page: str, texts: Mapping[str, str]) -> str:
    """Return `page` with each of `texts` between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``.

    Raises:
        ValueError: the page lacks the place of a text.
    """
    for name in texts:
        place = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end ({name}) -->)", re.DOTALL)
        if not place.search(page):
            raise ValueError(
                f"expected <!-- begin {name} --> and <!-- end {name} --> in the page, found neither or one"
            )
        page = place.sub(lambda match: f"{match[1]}\n{texts[match[3]]}\n{match[2]}", page)
    return page


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.report", description="Render the history as Markdown.")
    made.add_argument("history", type=Path, help="a file that --json of the other commands has written")
    made.add_argument("--into", type=Path, metavar="PAGE", help="replace the tables in this page; printed otherwise")
    arguments = made.parse_args(argv)
    history = read(arguments.history)
    made_texts = {name: make(history) for name, make in TABLES.items()}
    texts = {name: text for name, text in made_texts.items() if text is not None}
    if arguments.into is None:
        print("\n".join(f"## {name}\n\n{text}" for name, text in texts.items()))
    else:
        arguments.into.write_text(fill(arguments.into.read_text(encoding="utf-8"), texts), encoding="utf-8")


if __name__ == "__main__":
    main()
