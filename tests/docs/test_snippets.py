"""Every Python snippet in the documentation runs, page by page, in order."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs" / "recipes.md"  # changes the framework: test_recipes.py tries it in a copy
ALL = {ROOT / "README.md", *(ROOT / "docs").rglob("*.md")} - {RECIPES}
PAGES = [path for path in sorted(ALL) if "```python" in path.read_text(encoding="utf-8")]


def snippets(path):
    return re.findall(r"^ *```python\n(.*?)^ *```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_snippets_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "snippet"}
    for code in snippets(path):
        exec(compile(code, str(path), "exec"), namespace)


def test_printed_values_in_comments_are_true(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(snippets(ROOT / "docs" / "tutorial.md")[:4])
    exec(compile(code, "tutorial", "exec"), {})
    assert capsys.readouterr().out.splitlines() == [
        "-24.0 16.0",
        "45.5625",
        "12.0 12.0",
        "[[4.0, 3.0, 4.0], [2.0, 4.0, 3.0], [2.0, 3.0, 4.0]]",
    ]
