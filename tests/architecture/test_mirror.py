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

NAMES = {"__init__": "init", "__main__": "main"}

# What is still missing. Both lists may only shrink.
UNTESTED = """
    tinygrad_cnn/__init__.py tinygrad_cnn/_arrays.py tinygrad_cnn/_checks.py tinygrad_cnn/_dtypes.py
    tinygrad_cnn/_output.py tinygrad_cnn/_reprs.py tinygrad_cnn/autograd/__init__.py
    tinygrad_cnn/autograd/function_ctx.py tinygrad_cnn/autograd/functional.py tinygrad_cnn/autograd/hook_table.py
    tinygrad_cnn/autograd/node.py tinygrad_cnn/autograd/operation.py tinygrad_cnn/autograd/pending.py
    tinygrad_cnn/autograd/primitive.py tinygrad_cnn/autograd/saving.py tinygrad_cnn/autograd/scope.py
    tinygrad_cnn/autograd/signatures.py tinygrad_cnn/autograd/variable.py tinygrad_cnn/autograd/views.py
    tinygrad_cnn/autograd/walk.py tinygrad_cnn/drawing.py tinygrad_cnn/inspection.py
    tinygrad_cnn/kernels/activation.py tinygrad_cnn/kernels/adaptive.py tinygrad_cnn/kernels/conv.py
    tinygrad_cnn/kernels/dropout.py tinygrad_cnn/kernels/erf.py tinygrad_cnn/kernels/linear.py
    tinygrad_cnn/kernels/loss.py tinygrad_cnn/kernels/matmul.py tinygrad_cnn/kernels/norm.py
    tinygrad_cnn/kernels/pad.py tinygrad_cnn/kernels/pool.py tinygrad_cnn/kernels/resize.py
    tinygrad_cnn/kernels/softmax.py tinygrad_cnn/kernels/windows.py tinygrad_cnn/memory_format.py
    tinygrad_cnn/methods/__init__.py tinygrad_cnn/methods/comparison.py tinygrad_cnn/methods/elementwise.py
    tinygrad_cnn/methods/inplace.py tinygrad_cnn/methods/layout.py tinygrad_cnn/methods/matrix.py
    tinygrad_cnn/methods/new.py tinygrad_cnn/methods/order.py tinygrad_cnn/methods/reduce.py
    tinygrad_cnn/methods/sampling.py tinygrad_cnn/methods/selection.py tinygrad_cnn/methods/shape.py
    tinygrad_cnn/numpy_functions.py tinygrad_cnn/ops/activation.py tinygrad_cnn/ops/arithmetic.py
    tinygrad_cnn/ops/broadcast.py tinygrad_cnn/ops/comparison.py tinygrad_cnn/ops/conv.py
    tinygrad_cnn/ops/cumulative.py tinygrad_cnn/ops/dropout.py tinygrad_cnn/ops/einsum.py
    tinygrad_cnn/ops/embedding.py tinygrad_cnn/ops/exponential.py tinygrad_cnn/ops/gather.py
    tinygrad_cnn/ops/inplace.py tinygrad_cnn/ops/join.py tinygrad_cnn/ops/layout.py tinygrad_cnn/ops/loss.py
    tinygrad_cnn/ops/matmul.py tinygrad_cnn/ops/norm.py tinygrad_cnn/ops/occurrences.py tinygrad_cnn/ops/pad.py
    tinygrad_cnn/ops/pool.py tinygrad_cnn/ops/product.py tinygrad_cnn/ops/rearrange.py tinygrad_cnn/ops/resize.py
    tinygrad_cnn/ops/rounding.py tinygrad_cnn/ops/scatter.py tinygrad_cnn/ops/selection.py tinygrad_cnn/ops/shape.py
    tinygrad_cnn/ops/slices.py tinygrad_cnn/ops/sort.py tinygrad_cnn/ops/statistics.py
    tinygrad_cnn/ops/trigonometric.py tinygrad_cnn/ops/vector.py tinygrad_cnn/ops/vector_norm.py
    tinygrad_cnn/ops/windows.py tinygrad_cnn/random.py tinygrad_cnn/size.py
"""
UNMIRRORED = """
    tests/autograd/test_arguments.py tests/autograd/test_autograd_functional.py tests/autograd/test_endurance.py
    tests/autograd/test_fan_in.py tests/autograd/test_inplace.py tests/autograd/test_names.py
    tests/autograd/test_zero_dim.py tests/kernels/test_adjoints.py tests/ops/test_accuracy.py
    tests/ops/test_elementwise.py tests/ops/test_errors.py tests/ops/test_extremes.py
    tests/ops/test_mutants_edges.py tests/ops/test_mutants_upstream.py tests/ops/test_order.py
    tests/ops/test_products.py tests/ops/test_promotion.py tests/ops/test_rearranging.py tests/ops/test_samples.py
    tests/ops/test_ties.py tests/ops/test_types.py tests/optim/lr_scheduler/test_parity.py
    tests/optim/test_parity.py tests/test_import.py tests/test_locale.py tests/test_reentry.py
    tests/train/checkpoint/test_kill.py
"""


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
    return [path.relative_to(ROOT).as_posix() for path in FILES if has_code(path) and not mirror(path).exists()]


def unmirrored():
    found = [path for path in sorted(TESTS.rglob("test_*.py")) if path.relative_to(TESTS).parts[0] not in NOT_MIRRORED]
    return [path.relative_to(ROOT).as_posix() for path in found if not is_mirrored(path, MIRRORS)]


def test_every_file_with_code_has_tests():
    assert sorted(set(untested()) - set(UNTESTED.split())) == []


def test_every_file_of_tests_mirrors_a_file():
    assert sorted(set(unmirrored()) - set(UNMIRRORED.split())) == []


def test_the_lists_of_what_is_missing_are_up_to_date():
    assert sorted(set(UNTESTED.split()) - set(untested())) == []
    assert sorted(set(UNMIRRORED.split()) - set(unmirrored())) == []


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
