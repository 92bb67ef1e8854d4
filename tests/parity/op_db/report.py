"""Writes docs/parity.md: the outcome of every sample of every operation, as a table.

.venv/bin/python tests/parity/op_db/report.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import datetime
from collections import Counter

import numpy as np
import torch

from op_db import decline
from op_db.names import TABLE
from op_db.run import Outcome, run
from op_db.samples import KINDS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "parity.md"

INTRODUCTION = """# Parity with PyTorch

PyTorch keeps a database of sample calls for each of its operators (`op_db`) and tests its own backends with it. The
same calls are made here and there, on the same numbers, and everything that comes back is compared. Forward and
gradients go through its `reference_inputs`, which add sizes, layouts and extremes to the `sample_inputs` that the rest
goes through; `fold`, `rand`, `randperm`, `tensor` and `as_tensor` have no samples there and go through our own.

- **Forward**: outputs on float64 equal in type, shape, dtype and value (relative 1e-9), for the function, the method
  and the operator: a sample counts once for each of them.
- **Gradients**: those of every differentiable input, under a fixed upstream gradient (1e-9).
- **Second order**: the gradients of those gradients, with respect to the inputs and the upstream gradient (1e-8).
- **In place**: the method that changes its tensor, and the gradients through the change.
- **Errors**: calls that PyTorch refuses are refused here, with an error of the same kind.
- **Dtypes**: outputs on float32 (1e-5), int64, uint8 and bool: what comes out of what goes in.

A cell is the number of comparisons that agree; a dash means that PyTorch has none (an operation without gradients,
say). What is declined is listed with its reason, and counted. Random operations are compared in shape and dtype here,
and in distribution by the tests.
"""


def main() -> None:
    """Run everything and write the page."""
    torch.set_num_threads(1)
    outcomes = [one for text in TABLE.values() for name in text.split() for kind in KINDS for one in run(name, kind)]
    PAGE.write_text(page(outcomes), encoding="utf-8")
    counts = Counter(one.status for one in outcomes)
    print(", ".join(f"{n} {status}" for status, n in counts.most_common()), "->", PAGE)


def page(outcomes: list[Outcome]) -> str:
    """Return the page as Markdown."""
    parts = [INTRODUCTION, made_by("tests/parity/op_db/report.py", outcomes)]
    for family, text in TABLE.items():
        parts.append(f"## {family.capitalize()}\n")
        parts.append(
            "| operation | forward | gradients | second order | in place | errors | dtypes | declined | differs |"
        )
        parts.append("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
        chosen = [one for one in outcomes if one.name in text.split()]
        parts += [row(name, [one for one in chosen if one.name == name], KINDS) for name in text.split()]
        parts += [*declined(chosen), ""]
    parts.append("## Errors of another kind\n")
    for (name, theirs, ours), why in decline.SIBLINGS.items():
        parts.append(f"- `{name}`: {theirs.__name__} there, {ours.__name__} here: {why}")
    return "\n".join(parts).rstrip() + "\n"


def made_by(script: str, outcomes: list[Outcome]) -> str:
    """Return the line that says how the page was made, and the totals."""
    total = Counter(one.status for one in outcomes)
    return (
        f"By `python {script}` with PyTorch {torch.__version__.split('+')[0]} and NumPy "
        f"{np.__version__}, {datetime.date.today():%-d %B %Y}: **{total['passed']:,} comparisons agree, "
        f"{total['failed'] + total['missing']:,} do not, {total['declined']:,} are declined.**\n"
    )


def declined(outcomes: list[Outcome]) -> list[str]:
    """Return the lines that list what is declined, by reason; none if nothing is."""
    reasons = Counter((one.note, one.name) for one in outcomes if one.status == "declined")
    lines = ["\nDeclined:\n"] if reasons else []
    for reason in dict.fromkeys(note for note, _ in reasons):
        where = ", ".join(f"`{name}` {n}" for (note, name), n in reasons.items() if note == reason)
        lines.append(f"- {reason}: {where}")
    return lines


def row(name: str, outcomes: list[Outcome], kinds: tuple[str, ...]) -> str:
    """Return the row of one operation."""
    passed = Counter(one.kind for one in outcomes if one.status == "passed")
    status = Counter(one.status for one in outcomes)
    tried = {one.kind for one in outcomes}
    cells = [str(passed[kind]) if kind in tried else "–" for kind in kinds]
    differs = status["failed"] + status["missing"]
    return f"| `{name}` | {' | '.join(cells)} | {status['declined'] or ''} | {differs or ''} |"


if __name__ == "__main__":
    main()
