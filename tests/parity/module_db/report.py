"""Writes docs/parity_modules.md: the outcome of every sample of every module, as a table.

.venv/bin/python tests/parity/module_db/report.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from collections import Counter

import torch
from op_db.report import declined, made_by, row
from op_db.run import Outcome

from module_db.decline import ARGUMENTS
from module_db.names import TABLE
from module_db.run import run
from module_db.samples import KINDS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "parity_modules.md"

INTRODUCTION = """# Parity of modules with PyTorch

PyTorch keeps a database of how each of its modules is made and called (`module_db`). Each sample is made here and
there, with one state for both, called with the same numbers, and everything that comes back is compared. Parameters and
buffers are first moved off their initial values, which are often 0 or 1. Lazy layers, `Identity`, dropout, and whatever
else has no samples there or few goes through our own.

- **Signature**: the arguments of the constructor, their order and defaults.
- **Repr**: the text of the module.
- **State**: names, order, shapes and dtypes in the `state_dict`; PyTorch's loads here, and ours loads there and gives
  the same output.
- **Train**, **eval**: the outputs of two calls in a row on float64 (relative 1e-9), and what they leave in the buffers.
- **Gradients**: those of every parameter and input, under a fixed upstream gradient, in both modes (1e-9).
- **float32**: as train, on float32 (1e-5).
- **Errors**: what PyTorch refuses to make or to call is refused here, with an error of the same kind, at the same
  moment. Where PyTorch fails an assertion, a `ValueError` is raised here.

A cell is the number of comparisons that agree. What is declined is listed with its reason, and counted. Dropout is
compared where nothing is left to chance (p of 0 and 1), and in distribution by the tests, as are the initial parameters
of every module.
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
    parts = [INTRODUCTION, made_by("tests/parity/module_db/report.py", outcomes)]
    for family, text in TABLE.items():
        parts.append(f"## {family.capitalize()}\n")
        parts.append(
            "| module | signature | repr | state | train | eval | gradients | float32 | errors | declined | differs |"
        )
        parts.append("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
        chosen = [one for one in outcomes if one.name in text.split()]
        parts += [row(name, [one for one in chosen if one.name == name], KINDS) for name in text.split()]
        parts += [*declined(chosen), ""]
    parts.append("## Arguments that are not taken\n")
    for why in dict.fromkeys(ARGUMENTS.values()):
        places = [(argument, modules) for (modules, argument), reason in ARGUMENTS.items() if reason == why]
        where = "; ".join(f"`{argument}=` of {', '.join(modules.split())}" for argument, modules in places)
        parts.append(f"- {why}: {where}")
    return "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    main()
