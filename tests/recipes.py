"""Read docs/recipes.md, and follow a recipe in a copy of the repository.

A recipe is a section of the page. Its steps have six forms, and every block of code belongs to a step:

    Create `file`:                          the block is the file
    Append to `file`:                       the block goes to its end; a function or class after two blank lines
    In `file`, after `line`:                the block goes below that line, indented as that line is; several lines
                                            after a blank one
    In `file`, before `line`:               the block goes above that line, indented as that line is; several lines
                                            before a blank one
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

import pytest

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


def compares(command):
    """Return whether a command runs tests of parity, which need PyTorch."""
    return "tests/parity" in command


def copy_repository(folder):
    """Copy what the tests need: everything but histories, caches and results."""
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "runs", "site")
    shutil.copytree(ROOT, folder, ignore=unwanted)


def quoted(head):
    """Return the texts between backquotes in the head of a step: the file first."""
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
        text = _insert(text, arguments[0], code, above="`, before `" in head)
    else:
        old, new = (*arguments, "")[:2]
        assert text.count(old) == 1, f"{head}: found {text.count(old)} times"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def _insert(text, anchor, code, above):
    lines = text.splitlines(keepends=True)
    positions = [i for i, line in enumerate(lines) if line.strip() == anchor.strip()]
    assert len(positions) == 1, f"expected one line {anchor.strip()!r}, found {len(positions)}"
    (at,) = positions
    block, blank = textwrap.indent(code, re.match(" *", lines[at])[0]), "\n" * (code.count("\n") > 1)
    lines.insert(at + (not above), block + blank if above else blank + block)
    return "".join(lines)


def followed(title, folder):
    """Carry out the steps of a recipe in a new copy of the repository; return the commands that check the result."""
    section = sections()[title]
    copy_repository(folder)
    for head, code in steps(section):
        follow(folder, head, code)
    return commands(section)


def check(folder, to_run):
    """Fail at the first command that does."""
    for command in to_run:
        failure = run(folder, command)
        if failure:
            pytest.fail(failure, pytrace=False)


def run(folder, command):
    """Run a command in the copy, so that it imports the copy; return the end of its output if it fails, else None.

    Tests stop at the first failure; changed kernels are compiled into a cache beside the copy.
    """
    program, *rest = shlex.split(command.replace("python", sys.executable, 1))
    rest += ["-x", "-p", "no:cacheprovider"] * ("pytest" in rest)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    if changes_kernels(folder):
        environment["TINYGRAD_CNN_CACHE"] = str(folder.parent / "cache")
    done = subprocess.run(
        [program, *rest], cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=600
    )
    return f"{command}\n{done.stdout[-6000:]}{done.stderr[-3000:]}" if done.returncode else None


def changes_kernels(folder):
    """Return whether the copy has C sources that the repository has not."""
    sources = Path("tinygrad_cnn", "fast", "source")
    return {path.name for path in (folder / sources).glob("*")} != {path.name for path in (ROOT / sources).glob("*")}
