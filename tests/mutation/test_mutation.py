"""The mutation check itself: which mistakes it makes, that it tells caught from survived, and that none survives."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("mutate.py")
sys.path.insert(0, str(SCRIPT.parent))

import c_mutants  # noqa: E402
import equivalent  # noqa: E402
import functions  # noqa: E402
import mutants  # noqa: E402
import report  # noqa: E402
import run_c  # noqa: E402
import targets  # noqa: E402
from forked import run_forked  # noqa: E402
from kernel_forms import find_compiler  # noqa: E402

from tinygrad_cnn.autograd import Function  # noqa: E402


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


def loop(values, limit):
    """Say something."""
    total = 0
    for value in values:
        if value is None or value in (1, 2):
            continue
        total += value
        values.note(total)
    if total > limit and values:
        raise ValueError(f"expected at most {limit + 0}")
    values.total = total
    return total


def test_every_kind_of_mistake_of_programs_is_made():
    found = [mutant.after for mutant in mutants.mutants(loop, program=True)]
    expected = {
        "(deleted) total = 0",
        "(deleted) continue",
        "(deleted) total += value",
        "(deleted) values.note(total)",
        "(deleted) raise ValueError(f'expected at most {limit + 0}')",
        "(deleted) values.total = total",
        "return",
        "total = 1",
        "total = -1",
        "if not (value is None or value in (1, 2)):",
        "if value is None and value in (1, 2):",
        "if value is None:",
        "if value in (1, 2):",
        "if value is not None or value in (1, 2):",
        "if value is None or value not in (1, 2):",
        "if value is None or value in (2, 2):",
        "if value is None or value in (0, 2):",
        "if value is None or value in (1, 1):",
        "if not (total > limit and values):",
        "if total > limit or values:",
        "if total > limit:",
        "if values:",
        "if total >= limit and values:",
        "if total < limit and values:",
    }
    assert set(found) == expected
    assert len(found) == len(expected) + 0  # each once; a text for people is left as it is


def test_a_deleted_statement_keeps_the_variables_that_a_function_closes_over():
    def outer(log):
        def inner(g):
            log.append(g)
            return g

        return inner

    log = []
    inner = outer(log)
    mutant = next(one for one in mutants.mutants(inner, program=True) if one.after.startswith("(deleted) log"))
    inner.__code__ = mutant.code
    assert inner(2) == 2
    assert log == []


def test_functions_are_found_behind_decorators_in_classes_and_in_modules():
    found = {function.__qualname__ for function in functions.functions_of("train/steps.py")}
    assert {"Steps._update", "Steps._train_step", "_first_divisor"} <= found  # the first is decorated
    assert "MultiStepLR._lr_at" in {f.__qualname__ for f in functions.functions_of("optim/lr_scheduler/factors.py")}


def test_what_was_computed_once_is_found_so_that_mutants_compute_it_again():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    assert Double._op.argument_names == ["x"]
    assert any(kept is vars(Double._op) and name == "argument_names" for kept, name in functions.cached_properties())


@pytest.mark.parametrize("kind", targets.TARGETS)
def test_every_pattern_of_a_kind_matches_files_of_sources_and_of_tests(kind):
    target = targets.TARGETS[kind]
    for pattern in target.sources:
        assert list(mutants.PACKAGE.glob(pattern)), pattern
    assert target.test_files()


C_CODE = """
#define WIDE 3
/* a + b */
static float *at(float *x, idx i) {
    float *y = x + i;
    if (i < 4) return x;
    y[0] = 2.5f;
    note(y);
    double work = (double)i * 2;
    if (parallel(note, y, 5, work + (3 * 4))) return y;
    return y;
}
"""


def test_every_kind_of_mistake_of_c_code_is_made():
    found = c_mutants.c_mutants(C_CODE, "source/a.c")
    assert [(one.line, one.after) for one in found] == [
        (5, "float /y = x + i;"),  # does not compile, and is left out later
        (5, "float *y = x - i;"),
        (6, "if (!(i < 4)) return x;"),
        (6, "if (i <= 4) return x;"),
        (6, "if (i > 4) return x;"),
        (6, "if (i < 5) return x;"),
        (6, "if (i < 3) return x;"),
        (7, ";"),
        (7, "y[1] = 2.5f;"),
        (7, "y[-1] = 2.5f;"),
        (7, "y[0] = 3.5f;"),
        (7, "y[0] = 1.5f;"),
        (8, ";"),
        (10, "if (!(parallel(note, y, 5, work + (3 * 4)))) return y;"),
        (10, "if (parallel(note, y, 6, work + (3 * 4))) return y;"),  # how much work there is stays as it is
        (10, "if (parallel(note, y, 4, work + (3 * 4))) return y;"),
    ]
    assert {one.function for one in found} == {"at"}
    assert found[1].place == "source/a.c:5"
    assert found[1].text == C_CODE.replace("x + i", "x - i")


needs_c = pytest.mark.skipif(
    importlib.util.find_spec("tinygrad_cnn.fast") is None or find_compiler() is None, reason="there is no C to mutate"
)


@pytest.mark.slow  # compiles all sources
@needs_c
@pytest.mark.parametrize("name", ["dropout.c", "softmax.h"])
def test_code_that_compiles_to_the_same_is_left_out(name, tmp_path):
    for folder in ("whole", "same", "other"):
        (tmp_path / folder).mkdir()
    library = run_c.Library(tmp_path / "whole")
    text = (library.sources / name).read_text(encoding="utf-8")
    made = [c_mutants.CMutant(name, 1, "", "", "", one) for one in (f"{text}/* more */\n", text.replace("+", "-"))]
    assert library.mutated(made[0], tmp_path / "same") is None
    assert library.mutated(made[1], tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("task", "answer", "begun"),
    [
        (lambda announce: announce(9) or True, True, 1),
        (lambda announce: announce(9) or announce(9), False, 2),
        (lambda announce: announce(9) or os.kill(os.getpid(), signal.SIGKILL), True, 1),
        (lambda announce: 1 / 0, True, 0),
        (lambda announce: announce(0.2) or time.sleep(60), True, 1),
        (lambda announce: bytearray(8 << 30), True, 0),
    ],
    ids=["caught", "survived", "crashes", "raises", "hangs", "eats the memory"],
)
def test_a_task_that_ends_in_no_answer_counts_as_caught(task, answer, begun):
    found, announced = run_forked(task)
    assert found is answer
    assert len(announced) == begun


def outcomes(*verdicts):
    made = [one for one in mutants.mutants(plus, program=True) if one.after in ("return a - b", "return a")]
    return [report.Outcome(mutant, verdict) for mutant, verdict in zip(made, verdicts, strict=False)]


def test_a_report_names_the_file_the_line_and_the_change_of_each_survivor():
    said = []
    code = report.report("optim", outcomes("caught", "survived"), [], complete=False, write=said.append)
    assert code == 1
    assert said[0] == "optim: 2 mutants: 1 caught, 0 equivalent (listed with reasons), 1 survived"
    assert f"test_mutation.py:{plus.__code__.co_firstlineno + 1}  plus" in said[1]
    assert "written   return a + b" in said[1]
    assert "survived  return a" in said[1]


def test_a_report_names_functions_that_no_test_reaches():
    said = []
    assert report.report("optim", outcomes("unreached", "unreached"), [], complete=False, write=said.append) == 1
    assert "plus: no test reaches it (2 mutants)" in said[1]


def test_a_listed_mutant_must_exist_and_survive(monkeypatch):
    found = outcomes("survived", "caught")
    listed = {one.mutant.key: "a reason" for one in found} | {("plus", "return 7"): "a reason"}
    monkeypatch.setitem(equivalent.EQUIVALENT, "optim", listed)
    said = []
    assert report.report("optim", found, [], complete=True, write=said.append) == 1
    assert "1 caught, 1 equivalent (listed with reasons), 0 survived" in said[0]
    assert said[1:] == [
        f"\nlisted as equivalent, but caught: {found[1].mutant.key}",
        "\nlisted as equivalent, but no longer made: ('plus', 'return 7')",
    ]
    assert report.report("optim", found[:1], [], complete=False, write=said.append) == 0


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
import mutate, run_vjps
run_vjps.Row.is_changed = lambda self: False
run_vjps.passes = lambda item: True
sys.exit(mutate.main())
"""


@pytest.mark.slow
def test_a_mutant_that_no_test_notices_survives(tmp_path):
    script = tmp_path / "weak.py"
    script.write_text(WEAK.format(folder=str(SCRIPT.parent)), encoding="utf-8")
    result = run("--op", "neg", "--jobs", "1", script=script)
    assert "vjps: 1 mutants: 0 caught, 0 equivalent (listed with reasons), 1 survived" in result.stdout, result
    assert "neg_vjp_0" in result.stdout
    assert "survived  return g" in result.stdout
    assert result.returncode == 1


def test_an_unknown_operation_is_refused():
    result = run("--op", "conv9d")
    assert result.returncode == 2
    assert "no operation named conv9d" in result.stderr


def test_a_file_that_no_kind_has_is_refused():
    result = run("--file", "tinygrad_cnn/demo.py")
    assert result.returncode == 2
    assert "no kind of code has demo.py among its files" in result.stderr


def test_another_copy_of_the_package_is_refused_and_both_places_are_named(tmp_path):
    for folder in ("tests/mutation", "tinygrad_cnn"):
        (tmp_path / folder).mkdir(parents=True)
    for source in SCRIPT.parent.glob("*.py"):
        shutil.copy(source, tmp_path / "tests" / "mutation")
    result = run("--op", "neg", script=tmp_path / "tests" / "mutation" / SCRIPT.name)
    assert result.returncode == 2
    (said,) = result.stderr.splitlines()
    assert f"expected the package {tmp_path / 'tinygrad_cnn'}, found {mutants.PACKAGE}" in said
    assert not result.stdout


def test_a_trainer_that_takes_no_step_is_caught():
    result = run("--file", "train/steps.py", "--function", "Steps._update", "--jobs", "1")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "trainer: 1 mutants: 1 caught, 0 equivalent (listed with reasons), 0 survived" in result.stdout


SAMPLED = {
    "optim": "optim/sgd.py",
    "losses": "kernels/loss.py",
    "trainer": "train/history.py",
    "engine": "autograd/grad_mode.py",
    "kernels": "kernels/loss.py",
}
"""For each kind of Python code a file whose own tests, which run first, catch its mutants: that is quick."""


@pytest.mark.parametrize("kind", SAMPLED)
def test_of_a_sample_of_mutants_none_survives(kind):
    result = run("--what", kind, "--file", SAMPLED[kind], "--sample", "4", "--seed", "1", "--jobs", "1")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow  # compiles a library for each
@needs_c
def test_of_a_sample_of_mutants_of_compiled_kernels_none_survives():
    result = run("--what", "c", "--sample", "4", "--seed", "2")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_every_mutant_of_every_gradient_is_caught():
    result = run("--what", "vjps")
    assert result.returncode == 0, result.stdout + result.stderr
