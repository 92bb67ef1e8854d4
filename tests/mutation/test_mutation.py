"""The mutation check itself: which mistakes it makes, that it tells caught from survived, and that none survives."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("mutate.py")
sys.path.insert(0, str(SCRIPT.parent))

import mutants  # noqa: E402


def vjp(g, x, dims, keep):
    """Say something."""
    if keep:
        return g
    return f(g - 2 * x, x.shape[1:], dim=(0, dims)) if x > 0 else g


def f(*args, **options):
    return args, options


def texts(function):
    return [mutant.after for mutant in mutants.mutants(function)]


def test_every_kind_of_mistake_is_made_once():
    whole = "return {} if {} else g"
    expected = [
        "if not keep:",
        "return -(f(g - 2 * x, x.shape[1:], dim=(0, dims)) if x > 0 else g)",
        "return g if x > 0 else f(g - 2 * x, x.shape[1:], dim=(0, dims))",
        "return f(g - 2 * x, x.shape[1:], dim=(0, dims))",
        "return g",
        *(whole.format("f(g - 2 * x, x.shape[1:], dim=(0, dims))", test) for test in ("x >= 0", "x < 0", "x > 1")),
        *(
            whole.format(call, "x > 0")
            for call in (
                "f(x.shape[1:], g - 2 * x, dim=(0, dims))",
                "f(g + 2 * x, x.shape[1:], dim=(0, dims))",
                "f(-g - 2 * x, x.shape[1:], dim=(0, dims))",
                "f(g, x.shape[1:], dim=(0, dims))",
                "f(2 * x, x.shape[1:], dim=(0, dims))",
                "f(g - 2 / x, x.shape[1:], dim=(0, dims))",
                "f(g - 2, x.shape[1:], dim=(0, dims))",
                "f(g - x, x.shape[1:], dim=(0, dims))",
                "f(g - 1 * x, x.shape[1:], dim=(0, dims))",
                "f(g - 2 * x, x.shape[1:][::-1], dim=(0, dims))",
                "f(g - 2 * x, x.shape[2:], dim=(0, dims))",
                "f(g - 2 * x, x.shape[1:], dim=(dims, 0))",
                "f(g - 2 * x, x.shape[1:], dim=(1, dims))",
            )
        ),
        "return -g",
    ]
    found = texts(vjp)
    assert sorted(found) == sorted(expected)
    assert len(set(found)) == len(found)


def test_a_mutant_says_where_it_is_and_runs_in_place_of_the_original():
    mutant = next(one for one in mutants.mutants(plus) if one.after == "return a - b")
    assert (mutant.before, mutant.line) == ("return a + b", plus.__code__.co_firstlineno + 1)
    own = plus.__code__
    plus.__code__ = mutant.code
    try:
        assert plus(5, 3) == 2
    finally:
        plus.__code__ = own
    assert plus(5, 3) == 8


def plus(a: int, b: "unknown name") -> int:  # noqa: F722
    return a + b


def twice(p):
    if p == 0:
        return 5
    if p == 2:
        return 7
    return 9


def test_two_mutants_that_read_the_same_are_told_apart():
    keys = [mutant.key for mutant in mutants.mutants(twice)]
    assert {("twice", "if p == 0: → if p == 1:"), ("twice", "if p == 2: → if p == 1:")} < set(keys)
    assert len(set(keys)) == len(keys)


def test_a_closure_keeps_what_it_closes_over():
    def outer(factor):
        def inner(g):
            return g * factor

        return inner

    inner = outer(3)
    mutant = next(one for one in mutants.mutants(inner) if one.after == "return g / factor")
    inner.__code__ = mutant.code
    assert inner(6) == 2


def run(*arguments, script=SCRIPT):
    return subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", str(script), *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


WEAK = """
import sys
sys.path.insert(0, {folder!r})
import mutate
mutate.Row.is_changed = lambda self: False
mutate.passes = lambda item: True
sys.exit(mutate.main())
"""


@pytest.mark.slow
def test_a_mutant_that_no_test_notices_survives(tmp_path):
    script = tmp_path / "weak.py"
    script.write_text(WEAK.format(folder=str(SCRIPT.parent)), encoding="utf-8")
    result = run("--op", "neg", "--jobs", "1", script=script)
    assert "1 mutants: 0 caught, 0 equivalent (listed with reasons), 1 survived" in result.stdout, result
    assert "neg_vjp_0" in result.stdout
    assert "survived  return g" in result.stdout
    assert result.returncode == 1


def test_an_unknown_operation_is_refused():
    result = run("--op", "conv9d")
    assert result.returncode == 2
    assert "no operation named conv9d" in result.stderr


@pytest.mark.slow
def test_every_mutant_of_every_gradient_is_caught():
    result = run()
    assert result.returncode == 0, result.stdout + result.stderr
