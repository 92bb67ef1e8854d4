"""Files are read, kernels load and output is printed whatever the locale and the encoding of the output."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_forms import needs_compiler
from locales import encoding_of, other_locale

from tinygrad_cnn import nn
from tinygrad_cnn._output import make_printable, printable
from tinygrad_cnn.report import summary

ROOT = Path(__file__).parents[1]
CONFIG = """
# 설정 — 11×11
epochs = 2
[model]
name = "ConvNet2"
[data]
name = "toy"
validation = 6
[optimizer]
name = "SGD"
lr = 0.01
"""
COMMANDS = """
import sys
from tinygrad_cnn.cli import main

def run(*arguments):
    sys.argv = ["tinygrad-cnn", *arguments]
    try:
        main()
    except SystemExit as ended:
        sys.stdout.flush()
        print("code", ended.code or 0)

run("--help")
run("summary", "DigitConvNet")
run("data", "list")
run("train", "config.toml")
run("evaluate", "runs/config-001")
run("predict", "image.png")
run("train", "설정.toml")
"""
PRINTS = """
from tinygrad_cnn import gradcheck, nn, tensor, report
model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 2))
table = report.summary(model, (1, 1, 4, 4))
print(table)
table.show()
class Row:
    name, shape, checked, elements, kinks, worst_index, wrong = "w", (2, 3), 0, 6, 6, None, 0
print(gradcheck.format_table([Row()]))
"""


@pytest.fixture(scope="module")
def locale(tmp_path_factory):
    return other_locale(tmp_path_factory.mktemp("locale"))


@pytest.fixture(params=["locale", "cp949", "cp1252", "ascii"])
def environment(request, locale):
    """Environment variables, and the encoding of the output under them."""
    if request.param == "locale":
        return locale, encoding_of(locale)
    return {"PYTHONIOENCODING": request.param, "PYTHONUTF8": "0"}, request.param


def run(program, variables, encoding, cwd):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=cwd, env={**os.environ, **variables, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(encoding, "replace")
    return done.stdout.decode(encoding)


def test_every_command_runs_and_prints(environment, tmp_path):
    for extra in ("rich", "typer", "safetensors"):
        pytest.importorskip(extra)
    pytest.importorskip("PIL.Image").new("L", (11, 11), 200).save(tmp_path / "image.png")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    variables, encoding = environment
    # The program is a file: an argument would come in the encoding of the locale, which may lack its letters.
    (tmp_path / "commands.py").write_text(COMMANDS, encoding="utf-8")
    out = run("import runpy; runpy.run_path('commands.py')", variables, encoding, tmp_path)
    codes = [line.split()[1] for line in out.splitlines() if line.startswith("code ")]
    assert codes == ["0"] * 6 + ["2"], out
    assert " % ###" in out  # the bars of predict: no encoding here has █


def test_tables_print(environment, tmp_path):
    variables, encoding = environment
    out = run(PRINTS, variables, encoding, tmp_path)
    assert "only kinks" in out
    assert ("2x3" if encoding == "ascii" else "2×3") in out


@needs_compiler
def test_compiled_kernels_load(locale, tmp_path):
    program = """
import tinygrad_cnn as tc
from tinygrad_cnn.backends.kernels import set_kernel_mode
set_kernel_mode("compiled")
print(tc.nn.Conv2d(1, 2, 3)(tc.ones(1, 1, 5, 5)).shape)
"""
    assert run(program, locale, "ascii", tmp_path).strip() == "(1, 2, 3, 3)"


@pytest.mark.parametrize(
    ("encoding", "text", "written"),
    [
        ("ascii", "a — b × c → d ≤ e", b"a - b x c -> d <= e"), ("cp1252", "— ≤ █", b"\x97 <= #"),
        ("latin-1", "é ǵ 가", b"\xe9 g ?"), ("utf-8", "— 가", "— 가".encode()),
        ("utf-8", os.fsdecode(b"caf\xe9"), b"caf\xe9"), ("cp949", "ǵ – 가", b"g - \xb0\xa1"),
    ],
)  # fmt: skip
def test_what_an_encoding_lacks_is_written_as_what_looks_alike(encoding, text, written, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    make_printable(stream)
    stream.write(text)
    stream.flush()
    assert stream.buffer.getvalue() == written
    monkeypatch.setattr(sys, "stdout", stream)
    assert printable(text).encode(encoding, "surrogateescape") == written


def test_what_the_user_chose_for_a_stream_stays():
    stream = io.TextIOWrapper(io.BytesIO(), "ascii", errors="xmlcharrefreplace")
    make_printable(stream)
    assert stream.errors == "xmlcharrefreplace"
    make_printable(io.StringIO())  # has no encoding


def test_a_table_is_the_same_for_a_stream_without_an_encoding(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert "─" in str(summary(nn.Linear(3, 2), (1, 3)))
