"""`tests/` mirrors the package: the tests of tinygrad_cnn/a/b.py are in tests/a/test_b.py."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE, TESTS = ROOT / "tinygrad_cnn", ROOT / "tests"

NOT_MIRRORED = {
    "architecture", "benchmarks", "docs", "examples", "fuzz", "mutation", "op_samples", "parity",
}  # fmt: skip
"""Folders of tests that test more than one file."""

ABSENT = {"fast"} - {path.name for path in PACKAGE.iterdir()}
"""Rooms that `make test-plain` deletes."""

NAMES = {"__init__": "init", "__main__": "main"}


def has_code(path):
    """Return whether a file has code of its own: a function, a lambda or a class, not only imports and tables."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    return any(isinstance(node, kinds) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def mirror(path):
    """Return the file that the tests of a file of the package belong in; leading underscores are left out."""
    name = NAMES.get(path.stem) or path.stem.lstrip("_")
    return TESTS / path.relative_to(PACKAGE).with_name(f"test_{name}.py")


def is_mirrored(test, mirrors):
    """Return whether a file of tests, test_b.py or test_b_topic.py, stands where the tests of a file b.py belong."""
    words = test.stem.split("_")
    return any(test.with_name("_".join(words[:end]) + ".py") in mirrors for end in range(2, len(words) + 1))


FILES = sorted(PACKAGE.rglob("*.py"))
MIRRORS = {mirror(path) for path in FILES}


def untested():
    return {path.relative_to(ROOT).as_posix() for path in FILES if has_code(path) and not mirror(path).exists()}


def unmirrored():
    found = [path for path in TESTS.rglob("test_*.py") if path.relative_to(TESTS).parts[0] not in NOT_MIRRORED | ABSENT]
    return {path.relative_to(ROOT).as_posix() for path in found if not is_mirrored(path, MIRRORS)}


def test_every_file_with_code_has_tests():
    assert sorted(untested()) == []


def test_every_file_of_tests_mirrors_a_file():
    assert sorted(unmirrored()) == []


@pytest.mark.parametrize(
    ("file", "test"),
    [
        ("ops/conv.py", "ops/test_conv.py"),
        ("_checks.py", "test_checks.py"),
        ("cli/__main__.py", "cli/test_main.py"),
        ("__init__.py", "test_init.py"),
    ],
)
def test_where_tests_belong(file, test):
    assert mirror(PACKAGE / file) == TESTS / test


def test_the_tests_of_one_file_may_be_split_by_topic():
    mirrors = {TESTS / "data" / "test_loader.py"}
    assert is_mirrored(TESTS / "data" / "test_loader_workers.py", mirrors)
    assert not is_mirrored(TESTS / "data" / "test_loaders.py", mirrors)
    assert not is_mirrored(TESTS / "test_loader.py", mirrors)


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ('"""Text."""\nfrom a import b\n__all__ = ["b"]\nC = (1, 2)\n', False),
        ("f = lambda: 1\n", True),
        ("class A: pass\n", True),
    ],
)
def test_what_counts_as_code(tmp_path, program, found):
    path = tmp_path / "a.py"
    path.write_text(program, encoding="utf-8")
    assert has_code(path) == found
