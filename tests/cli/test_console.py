"""Names are printed as they are, and numbers whole, whatever they look like and however narrow the terminal is."""

import io

import pytest

from tinygrad_cnn.cli.console import make_console, print_table


@pytest.fixture
def printed(monkeypatch):
    def run(columns, *arguments, **options):
        monkeypatch.setenv("COLUMNS", str(columns))
        console = make_console()
        console.file = io.StringIO()
        print_table(console, *arguments, **options)
        return console.file.getvalue()

    return run


NAMES = ["[cat]", "[/bold]", ":cat:", "[red]dog", r"\[x]", "[[a]]"]


def test_names_are_no_markup(printed):
    out = printed(80, [("class", "images"), *[(name, "1") for name in NAMES]], numbers=[1])
    assert [line.split()[0] for line in out.splitlines()[1:]] == NAMES
    console = make_console()
    console.file = io.StringIO()
    console.print("[cat] :cat:")
    assert console.file.getvalue() == "[cat] :cat:\n"


@pytest.mark.parametrize("columns", [5, 12, 20, 40, 200])
def test_numbers_are_never_cut(printed, columns):
    rows = [("a class with a long name", "1,234,567", "99.9 %", "another long one: 12")]
    out = printed(columns, [("class", "images", "right", "taken for"), *rows], numbers=[1, 2])
    assert "1,234,567" in out
    assert "99.9 %" in out
    assert "…" not in out
    assert "".join(out.split()).count("a") >= 5
