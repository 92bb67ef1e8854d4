"""Text is read and written as UTF-8 whatever the locale: nothing is left to the default encoding.

Ruff's PLW1514 sees the plain cases; this sees every method by its name, and the output of processes.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("tinygrad_cnn", "tests", "benchmarks", "examples", "docs")
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
STARTS = {"run", "Popen", "check_output", "check_call"}
OTHER_OPENS = {"Image", "image", "archive", "gzip", "os", "tarfile", "zipfile"}


def left_open(tree):
    """Yield the calls in a program that leave an encoding to the locale."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or any(keyword.arg in ("encoding", None) for keyword in call.keywords):
            continue
        function = call.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        owner = function.value.id if isinstance(getattr(function, "value", None), ast.Name) else None
        given = {keyword.arg for keyword in call.keywords}
        read = name == "read_text" and not call.args
        written = name == "write_text" and len(call.args) < 2
        process = name in STARTS and bool(given & {"text", "universal_newlines"})
        opened = name in ("open", "fdopen") and owner not in OTHER_OPENS and not is_binary(call, owner)
        if read or written or process or opened:
            yield f"line {call.lineno}: {ast.unparse(call)}"


def is_binary(call, owner):
    """Return whether the mode, which `open` takes second and a path's method first, has a "b" in it."""
    at = 0 if owner is not None or isinstance(call.func, ast.Attribute) else 1
    modes = [*call.args[at:], *[keyword.value for keyword in call.keywords if keyword.arg == "mode"]]
    return any(re.search(r"'[rwax+]*b[+]*'", ast.unparse(mode)) for mode in modes)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_has_an_encoding(path):
    assert list(left_open(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_snippet_gives_one_too(path):
    for snippet in re.findall(r"^ *```python\n(.*?)^ *```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        try:
            tree = ast.parse(snippet)
        except SyntaxError:  # part of something
            continue
        assert list(left_open(tree)) == []


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("path.read_text()", 1), ("path.read_text('utf-8')", 0), ("path.read_text(encoding='utf-8')", 0),
        ("path.write_text('a')", 1), ("path.write_text('a', 'utf-8')", 0), ("open(p)", 1), ("open(p, 'rb')", 0),
        ("open(p, 'w')", 1), ("p.open()", 1), ("p.open('rb+')", 0), ("p.open('ab' if a else 'wb')", 0),
        ("subprocess.run(c, text=True)", 1), ("subprocess.run(c)", 0), ("os.open(p, 0)", 0), ("open('b')", 1),
    ],
)  # fmt: skip
def test_the_look_sees_what_it_should(program, found):
    assert len(list(left_open(ast.parse(program)))) == found
