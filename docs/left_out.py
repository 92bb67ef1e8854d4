"""The page of what is left out, from the tables of `tinygrad_cnn.declined`: `make golden` writes it again."""

from __future__ import annotations

from tinygrad_cnn.declined.layers import LAYERS
from tinygrad_cnn.declined.machinery import MACHINERY
from tinygrad_cnn.declined.operations import OPERATIONS

HEAD = """# What is left out of PyTorch

Look up here why a name of PyTorch is missing, and what to write instead. An error with the same sentence is raised
when a script uses the name. Classes that are left out can still be imported and asked for by `isinstance`; making one
raises the error.

A test takes every public name of PyTorch's modules that exist here, and finds it either in tinygrad_cnn or on this
page. `*` stands for any letters.
"""

TABLES = {"Functions and methods": OPERATIONS, "Layers, losses and optimizers": LAYERS, "Around tensors": MACHINERY}


def page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for title, table in TABLES.items():
        rows = [f"| {_names(names)} | {why.replace('|', chr(92) + '|')} |" for why, names in table.items()]
        parts.append("\n".join([f"## {title}\n", "| names | why, or what to use |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _names(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split())
