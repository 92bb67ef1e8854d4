"""Read docs/recipes.md, and follow a recipe in a copy of the repository.

A recipe is a section of the page. Its steps have five forms, and every block of code belongs to a step:

    Create `file`:                          the block is the file
    Append to `file`:                       the block goes to its end; a function or class after two blank lines
    In `file`, after `line`:                the block goes below that line, indented as that line is; several lines
                                            after a blank one
    In `file`, replace `old` by `new`.
    In `file`, delete `old`.

A block of `sh` holds the commands that check the result.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "recipes.md"

_STEP = re.compile(r"^((?:Create|Append to|In) `.*)(?:\.$|:\n\n```\w+\n([\s\S]*?)^```$)", re.MULTILINE)
_QUOTED = re.compile(r"(?P<ticks>`+)(.+?)(?P=ticks)")
_COMMANDS = re.compile(r"^```sh\n([\s\S]*?)^```$", re.MULTILINE)


def sections():
    """Return the recipes: title -> text."""
    _, *found = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(section.split("\n", 1) for section in found)


def steps(section):
    """Return (what to do, block of code or None) for each step of a recipe."""
    return [(match[1], match[2]) for match in _STEP.finditer(section)]


def commands(section):
    """Return the commands that check the result, one a line."""
    return [line for block in _COMMANDS.findall(section) for line in block.splitlines()]


def copy_repository(folder):
    """Copy what the tests need: everything but histories, caches and results."""
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "runs", "site")
    shutil.copytree(ROOT, folder, ignore=unwanted)


def quoted(head):
    """Return what stands between backquotes in the head of a step: its file first."""
    return [match[2] for match in _QUOTED.finditer(head)]


def follow(folder, head, code):
    """Carry out a step in the copy of the repository in `folder`."""
    file, *arguments = quoted(head)
    path = folder / file
    if head.startswith("Create "):
        assert not path.exists(), f"{path} exists already"
        path.write_text(code, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if head.startswith("Append to "):
        text += "\n\n" * code.startswith(("def ", "class ", "@")) + code
    elif code is not None:
        text = _insert(text, arguments[0], code)
    else:
        old, new = (*arguments, "")[:2]
        assert text.count(old) == 1, f"{head}: found {text.count(old)} times"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def _insert(text, anchor, code):
    lines = text.splitlines(keepends=True)
    (place,) = [i for i, line in enumerate(lines) if line.strip() == anchor.strip()]
    indent = re.match(" *", lines[place])[0]
    lines.insert(place + 1, "\n" * (code.count("\n") > 1) + textwrap.indent(code, indent))
    return "".join(lines)


def run(folder, command):
    """Run a command in the copy, so that it imports the copy; the end of its output if it fails, else None."""
    program, *rest = shlex.split(command.replace("python", sys.executable, 1))
    done = subprocess.run(
        [program, *rest],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
    )
    return f"{command}\n{done.stdout[-6000:]}{done.stderr[-3000:]}" if done.returncode else None
