"""Every Python snippet in the documentation runs, page by page, in order."""

import re
from pathlib import Path

import pytest

from tinygrad_cnn.autograd import registry
from tinygrad_cnn.ops import activation

ROOT = Path(__file__).parents[2]
ALL = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [path for path in ALL if "```python" in path.read_text(encoding="utf-8")]


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


def test_the_operation_that_contributing_adds_works():
    namespace = dict(vars(activation))
    try:
        for code in snippets(ROOT / "CONTRIBUTING.md"):
            exec(compile(re.sub(r"^   ", "", code, flags=re.MULTILINE), "CONTRIBUTING.md", "exec"), namespace)
        import tinygrad_cnn as tg
        from tinygrad_cnn.gradcheck import gradcheck, gradgradcheck

        x = tg.tensor([-2.0, 0.5, 3.0], dtype=tg.float64, requires_grad=True)
        assert gradcheck(namespace["softsign"], (x,))
        assert gradgradcheck(namespace["softsign"], (x,))
    finally:
        registry.pop("softsign", None)
