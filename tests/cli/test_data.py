"""``tinygrad-cnn data``: it asks the catalogue and shows what that says."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest


@pytest.fixture
def catalog(monkeypatch):
    """A catalogue of two sets that notes what it is asked."""
    module = ModuleType("tinygrad_cnn.data.catalog")
    module.asked = []
    module.status = {"images.gz": "ok", "labels.gz": "ok"}

    def get(name, root=None):
        module.asked.append(("get", name, root))
        return {file: Path("somewhere") / file for file in module.status} if name == "digits" else {}

    def verify(name, root=None):
        module.asked.append(("verify", name, root))
        return module.status if name == "digits" else {}

    module.available = lambda: (
        SimpleNamespace(name="digits", title="Digits", about="70,000 grey images 28×28"),
        SimpleNamespace(name="embedded", title="Embedded", about="comes along"),
    )
    module.get, module.verify = get, verify
    monkeypatch.setitem(sys.modules, "tinygrad_cnn.data.catalog", module)
    return module


def test_list(cli, catalog):
    lines = cli("data", "list").out.splitlines()
    assert len(lines) == 3
    assert lines[1].strip().split(maxsplit=1) == ["digits", "70,000 grey images 28×28"]


def test_get(cli, catalog):
    result = cli("data", "get", "digits", "--root", "there")
    assert result.out.splitlines() == ["somewhere/images.gz", "somewhere/labels.gz"]
    assert cli("data", "get", "embedded").out == "embedded comes with the package\n"
    assert catalog.asked == [("get", "digits", Path("there")), ("get", "embedded", None)]


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("missing", 1), ("damaged", 1)])
def test_verify(cli, catalog, status, code):
    catalog.status["labels.gz"] = status
    result = cli("data", "verify", "digits", "--root", "there")
    assert [line.split() for line in result.out.splitlines()] == [["ok", "images.gz"], [status, "labels.gz"]]
    assert result.code == code
    assert catalog.asked == [("verify", "digits", Path("there"))]
    assert cli("data", "verify", "embedded").code == 0


def test_unknown_names(fails, catalog):
    for command in ("get", "verify"):
        assert fails("data", command, "digit") == (
            "data: expected name among digits, embedded, got 'digit'; did you mean 'digits'?"
        )
        assert catalog.asked == []


def test_errors_of_the_catalogue_are_one_line(fails, catalog, monkeypatch):
    def refuse(*_):
        raise FileNotFoundError("it is\n  nowhere")

    monkeypatch.setattr(catalog, "get", refuse)
    assert fails("data", "get", "digits") == "it is nowhere"


def test_help(cli):
    assert all(name in cli("data").out for name in ("list", "get", "verify"))
