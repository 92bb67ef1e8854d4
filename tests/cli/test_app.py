"""The commands: their version, help and errors."""

import re
import subprocess
import sys

import pytest

from tinygrad_cnn import __version__

for extra in ("typer", "rich", "jinja2", "matplotlib"):
    pytest.importorskip(extra)


def run(*args, cwd=None):
    return subprocess.run(
        [sys.executable, "-c", "from tinygrad_cnn.cli import main; main()", *args],
        capture_output=True, encoding="utf-8", timeout=300, cwd=cwd, env=None, check=False,
    )  # fmt: skip


def test_version_and_help():
    assert run("--version").stdout == f"tinygrad-cnn {__version__}\n"
    text = run("demo", "--help").stdout
    for option in ("--out", "--epochs", "--batch-size", "--lr", "--seed"):
        assert option in text


def test_errors_are_one_line_and_exit_code_2(tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
    result = run("demo", "--out", "taken/x", cwd=tmp_path)
    assert result.returncode == 2
    assert re.fullmatch(r"tinygrad-cnn: .*taken.*\n", result.stderr)
    assert run("demo", "--epochs", "0").returncode == 2


def test_help_names_every_option(cli):
    text = cli("train", "--help").out
    for part in ("CONFIG", "--resume", "--out", "never overwrites"):
        assert part in text
    assert cli().out.count("train") >= 1
    assert "Usage: tinygrad-cnn" in cli("--help").out
