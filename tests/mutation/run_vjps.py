"""Mutants of gradients: every VJP, and every private function that VJPs call.

A mutant has a flipped sign, a dropped term, exchanged arguments, another comparison or another constant. It takes the
original's place in this process. Every mutant first runs through the rows of its operation in the table of samples, the
cheapest first, where a changed gradient of first or second order points at the row whose numerical check is then run;
what remains runs through the tests in `tests/ops` that reach the function.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import signal
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np
import pytest
from mutants import Mutant, mutants
from op_samples import SAMPLES, Sample
from reach import passes
from report import CAUGHT, SURVIVED, Outcome
from targets import TESTS

import tinygrad_cnn
from tinygrad_cnn.autograd import grad, registry
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.gradcheck import gradcheck, gradgradcheck

SECONDS_A_MUTANT = 20
"""One that takes longer is caught: it hangs."""

Functions = dict[FunctionType, set[str]]


def gradient_functions() -> Functions:
    """Return every VJP of the package, and every private function that one calls, with the operations it serves."""
    found: Functions = {}
    for name, op in registry.items():
        if not op.__wrapped__.__module__.startswith(tinygrad_cnn.__name__):
            continue
        for vjp in [*op.vjps, op.variadic]:
            if isinstance(vjp, FunctionType):
                _visit(vjp, name, found)
    return found


def _visit(function: FunctionType, op: str, found: Functions) -> None:
    serves = found.setdefault(function, set())
    if op in serves:
        return
    serves.add(op)
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        private = name.startswith("_") or "_vjp_" in name
        if private and isinstance(called, FunctionType) and called.__module__.startswith("tinygrad_cnn.ops"):
            _visit(called, op, found)


@contextlib.contextmanager
def installed(mutant: Mutant) -> Iterator[None]:
    """Run the mutant wherever its function is called, and stop it if it hangs."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"the mutant ran for more than {SECONDS_A_MUTANT} s")

    own = mutant.function.__code__
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS_A_MUTANT)
    mutant.function.__code__ = mutant.code
    try:
        yield
    finally:
        mutant.function.__code__ = own
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# --- the rows of the table ------------------------------------------------------------------------------------------


def _leaves(arrays: Iterable[np.ndarray]) -> list[Any]:
    """Return tensors over `arrays`, of which the floating-point ones require gradients."""
    made = [from_numpy(np.array(array)) for array in arrays]
    for one in made:
        one.requires_grad = one.is_floating_point()
    return made


def fingerprint(sample: Sample) -> list[np.ndarray]:
    """Return the first- and second-order gradients of one row, for random weights of every element."""
    source = np.random.default_rng(2)

    def weights(values: list[Any]) -> list[Any]:
        return _leaves([source.standard_normal(value.shape) for value in values])

    leaves = _leaves(sample.inputs)
    output = sample.call(*leaves)
    if not output.requires_grad:
        return []
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    upstream = weights([output])
    first = grad(output, wanted, upstream, create_graph=True)
    again = [one for one in first if one.requires_grad]
    second = grad(again, [*wanted, *upstream], weights(again), allow_unused=True) if again else ()
    return [one.array.copy() for one in (*first, *second) if one is not None]


class Row:
    """A row of the table, with what it gives where nothing is wrong and the time that takes."""

    def __init__(self, sample: Sample) -> None:
        start = time.perf_counter()
        self.sample = sample
        self.expected = fingerprint(sample)
        self.seconds = time.perf_counter() - start

    def is_changed(self) -> bool:
        """Return whether the gradients differ by more than the numerical checks allow."""
        found = fingerprint(self.sample)
        return len(found) != len(self.expected) or not all(
            a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-8, equal_nan=True)
            for a, b in zip(found, self.expected, strict=True)
        )

    def fails(self) -> bool:
        """Return whether the numerical check of either order fails."""
        try:  # with the tolerances of tests/ops/test_init.py
            gradcheck(self.sample.call, _leaves(self.sample.inputs), atol=1e-8, rtol=1e-6)
            gradgradcheck(self.sample.call, _leaves(self.sample.inputs), atol=1e-7, rtol=1e-6)
        except Exception:
            return True
        return False


def caught_by_rows(mutant: Mutant, rows: list[Row]) -> bool:
    """Return whether a row of the table fails."""
    for row in rows:
        with installed(mutant):
            try:
                if row.is_changed() and row.fails():
                    return True
            except Exception:  # whatever it is: the tests of this row raise it too
                return True
    return False


# --- the tests of tests/ops -----------------------------------------------------------------------------------------


def reached(item: pytest.Item, codes: dict[CodeType, FunctionType]) -> set[FunctionType] | None:
    """Return which of the functions a test runs, or None if it fails."""
    seen: set[FunctionType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code in codes:
            seen.add(codes[frame.f_code])

    sys.setprofile(note)
    try:
        fine = passes(item)
    finally:
        sys.setprofile(None)
    return seen if fine else None


class Session:
    """A run of pytest in whose place the mutants run."""

    def __init__(self, wanted: list[str], jobs: int) -> None:
        self.wanted = wanted
        self.jobs = jobs
        self.outcomes: list[tuple[Mutant, bool]] = []
        self.complaints: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note which file of tests cannot be read."""
        if report.failed:
            self.complaints.append(f"{report.nodeid} cannot be collected")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every mutant of every wanted operation, in `jobs` processes."""
        functions = {
            function: ops
            for function, ops in gradient_functions().items()
            if not self.wanted or not ops.isdisjoint(self.wanted)
        }
        work = _Work(session.items, functions)
        self.complaints += work.complaints
        made = [mutant for function in functions for mutant in mutants(function)]
        global _work, _made
        _work, _made = work, made
        with multiprocessing.get_context("fork").Pool(self.jobs) as pool:
            for i, caught in pool.imap_unordered(_run, range(len(made)), chunksize=4):
                self.outcomes.append((made[i], caught))
                if sys.stderr.isatty():
                    print(f"\r{len(self.outcomes)} of {len(made)} mutants", end="", file=sys.stderr)
        return True


class _Work:
    """What the processes share: the rows of each operation, and the tests that reach each function."""

    def __init__(self, items: list[pytest.Item], functions: Functions) -> None:
        wanted = set().union(*functions.values())
        self.functions = functions
        self.complaints: list[str] = []
        self.rows: dict[str, list[Row]] = {op: [] for op in wanted}
        for sample in SAMPLES:
            if sample.op in wanted and registry[sample.op].differentiable:
                try:
                    self.rows[sample.op].append(Row(sample))
                except Exception as error:
                    self.complaints.append(f"the row {sample} fails without any mutant: {error}")
        self.tables: dict[str, list[pytest.Item]] = {op: [] for op in wanted}
        self.dedicated: dict[FunctionType, list[pytest.Item]] = {function: [] for function in functions}
        codes = {function.__code__: function for function in functions}
        for item in items:
            sample = getattr(item, "callspec", None) and item.callspec.params.get("sample")
            if isinstance(sample, Sample):
                if sample.op in wanted and "gradients" not in item.name:
                    self.tables[sample.op].append(item)
            elif "ops/test_init" not in item.nodeid:
                found = reached(item, codes)
                if found is None:
                    self.complaints.append(f"{item.nodeid} fails without any mutant")
                for function in found or ():
                    self.dedicated[function].append(item)

    def catches(self, mutant: Mutant) -> bool:
        """Return whether some test fails."""
        ops = sorted(self.functions[mutant.function])
        rows = sorted((row for op in ops for row in self.rows[op]), key=lambda row: row.seconds)
        if caught_by_rows(mutant, rows):
            return True
        items = self.dedicated[mutant.function] + [item for op in ops for item in self.tables[op]]
        for item in items:
            with installed(mutant):
                if not passes(item):
                    return True
        return False


_work: _Work
_made: list[Mutant]


def _run(i: int) -> tuple[int, bool]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return i, _work.catches(_made[i])


def run(ops: list[str], jobs: int) -> tuple[list[Outcome], list[str]]:
    """Return every mutant of the gradients of `ops`, or of all if empty, and whether it was caught; then complaints.

    A row, test or file of tests that fails without any mutant is complained of, and does without.
    """
    session = Session(ops, jobs)
    arguments = [
        "-q",
        "--no-header",
        "--no-summary",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        "-W",
        "ignore",
        "--continue-on-collection-errors",
    ]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), kernels_of("numpy"):
        joint = {op: op.gradients for op in registry.values()}
        for op in joint:
            op.gradients = None  # a way past the VJPs that are to be changed
        try:
            code = pytest.main([*arguments, "--rootdir", str(TESTS.parent), str(TESTS / "ops")], plugins=[session])
        finally:
            for op, gradients in joint.items():
                op.gradients = gradients
    if not session.outcomes:
        raise SystemExit(f"mutate: pytest ended with {code!r}\n{said.getvalue()}")
    return [Outcome(mutant, CAUGHT if caught else SURVIVED) for mutant, caught in session.outcomes], session.complaints
