"""The page is self-contained, escaped, and written whole or not at all."""

import builtins
from html.parser import HTMLParser

import pytest

from tinygrad_cnn.report import Section, write_page

pytest.importorskip("jinja2")


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.outside = []

    def handle_starttag(self, tag, attrs):
        self.outside += [
            value for key, value in attrs if key in {"src", "href"} and not value.startswith(("#", "data:"))
        ]


def write(path, **changes):
    parts = {
        "title": "A <b> & c",
        "lead": "lead",
        "facts": {"accuracy": "97 %"},
        "sections": [
            Section(
                "Picture", svg='<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>', caption="cap"
            ),
            Section("Table", text="text", table=[("name", "n"), ("1×2", "1,000"), ("3", "2.5e-07")], caption="below"),
        ],
        "command": "run --lr 0.1 && echo <done>",
    }
    return write_page(path, **{**parts, **changes})


def test_page_holds_everything_escaped(tmp_path):
    path = write(tmp_path / "deep" / "report.html")
    text = path.read_text(encoding="utf-8")
    for part in ("A &lt;b&gt; &amp; c", "97 %", "<svg xmlns", "cap", "1,000", "below", "echo &lt;done&gt;"):
        assert part in text
    assert "<?xml" not in text
    links = Links()
    links.feed(text)
    assert links.outside == []


def test_only_columns_of_numbers_are_flush_right(tmp_path):
    text = write(tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<td class="n">1,000</td>' in text
    assert '<td class="n">2.5e-07</td>' in text
    assert '<td class="">3</td>' in text


def test_a_failure_leaves_the_old_page_and_no_rubbish(tmp_path, monkeypatch):
    path = write(tmp_path / "report.html")
    before = path.read_text(encoding="utf-8")

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write(path, title="new")
    assert path.read_text(encoding="utf-8") == before
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == "jinja2":
            raise ModuleNotFoundError(name=name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match=r"tinygrad-cnn\[report\]"):
        write(tmp_path / "report.html")
