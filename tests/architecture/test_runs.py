"""What continuous integration runs: every target exists, and so does every folder that a run leaves out."""

import re
from pathlib import Path

import locales
import plain
import pythons

ROOT = Path(__file__).parents[2]


def targets():
    """Return the targets that `make help` lists."""
    return set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_targets_that_continuous_integration_makes_exist():
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    made = {word for line in re.findall(r"^make (.*)", text, re.MULTILINE) for word in line.split() if word[0] != "-"}
    assert {"test", "test-plain", "test-pythons", "parity"} <= made
    assert made <= targets()


def test_folders_left_out_on_other_pythons_exist():
    assert [name for name in pythons.LEFT_OUT if not (ROOT / "tests" / name).is_dir()] == []


def test_tests_run_under_another_locale_exist():
    absent = () if (ROOT / "tinygrad_cnn" / "fast").is_dir() else ("tests/fast/",)
    assert [name for name in locales.SLICE if not (ROOT / name).exists() and not name.startswith(absent)] == []


def test_the_plain_copy_is_the_project_without_the_room_for_speed(tmp_path):
    copy = plain.plain_copy(tmp_path)
    assert not (copy / "tinygrad_cnn" / "fast").exists()
    assert (copy / "pyproject.toml").read_bytes() == (ROOT / "pyproject.toml").read_bytes()
    for folder in ("tinygrad_cnn", "tests", "docs", "examples", "benchmarks"):
        found = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py")}
        kept = {path.relative_to(copy).as_posix() for path in (copy / folder).rglob("*.py")}
        assert kept == {name for name in found if not name.startswith("tinygrad_cnn/fast/")}
