"""The command line called in this process."""

import sys
from dataclasses import dataclass

import pytest

for extra in ("typer", "rich"):
    pytest.importorskip(extra)


@dataclass
class Result:
    code: int
    out: str
    err: str


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    """A function that runs the command line in an empty folder and returns exit code and output."""
    from tinygrad_cnn.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["tinygrad-cnn", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Result(0 if code is None else code, captured.out, captured.err)

    return run


@pytest.fixture
def fails(cli):
    """A function that runs the command line and returns the one line of its error, after the exit code was 2."""

    def run(*args):
        result = cli(*args)
        assert result.code == 2, result
        assert result.err.startswith("tinygrad-cnn: ")
        assert result.err.count("\n") == 1
        return result.err.removeprefix("tinygrad-cnn: ").rstrip("\n")

    return run


TOY = """
epochs = 2
batch_size = 8

[model]
name = "ConvNet2"
init = "he"

[data]
name = "toy"
validation = 6

[optimizer]
name = "SGD"
lr = 0.01
"""


@pytest.fixture
def toy(tmp_path):
    """A function that writes a configuration with some text replaced, and returns its path."""

    def write(*replacements, name="toy.toml"):
        text = TOY
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
