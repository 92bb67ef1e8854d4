"""The page of what is left out, from tinygrad_cnn/declined/left_out.txt: `make golden` writes it again."""

from __future__ import annotations

from tinygrad_cnn.declined import read_tables

HEAD = """# What is left out of PyTorch

Look up here why a name of PyTorch is missing, and what to write instead. An error with the same sentence is raised
when a script uses the name. Classes that are left out can still be imported and asked for by `isinstance`; making one
raises the error.

A test takes every public name of PyTorch's modules that exist here, and finds it either in tinygrad_cnn or on this
page. `*` stands for any letters.
"""


def page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for title, table in read_tables().items():
        if not title.startswith("in "):
            names: dict[str, list[str]] = {}
            for name, why in table.items():
                names.setdefault(why, []).append(f"`{name}`")
            rows = [f"| {', '.join(held)} | {why.replace('|', chr(92) + '|')} |" for why, held in names.items()]
            parts.append("\n".join([f"## {title}\n", "| names | why, or what to use |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)
