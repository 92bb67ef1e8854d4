"""Mutants of Python functions: each takes the original's place in a forked process, and the tests that reach it run.

The NumPy kernels do the work, and every step of an optimizer is its equation: with compiled ones nothing reaches those.
"""

from __future__ import annotations

import contextlib
import gc
import io
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FunctionType

import pytest
from choice import Choice
from forked import run_forked
from functions import cached_properties, caches, functions_of
from hypothesis import Phase, settings
from mutants import PACKAGE, Mutant, mutants, source_of
from reach import Reach, Reaching, passes
from report import CAUGHT, SURVIVED, UNREACHED, Outcome
from targets import TESTS, Target

from tinygrad_cnn.backends.kernels import kernels_of

settings.register_profile(
    "mutants", deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)

ARGUMENTS = [
    "-q", "--no-header", "--no-summary", "--tb=no", "-p", "no:cacheprovider", "-p", "no:faulthandler",
    "--assert", "plain", "-m", "not slow",
    "-o", "tmp_path_retention_policy=none", "--continue-on-collection-errors", "--hypothesis-profile", "mutants",
]  # fmt: skip


class Session:
    """A run of pytest in whose place the mutants run."""

    def __init__(self, kind: str, target: Target, files: list[str], choose: Choice, jobs: int) -> None:
        self.kind, self.target, self.files, self.choose, self.jobs = kind, target, files, choose, jobs
        self.outcomes: list[Outcome] = []
        self.complaints: list[str] = []
        self.kills: Counter[str] = Counter()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note which file of tests cannot be read."""
        if report.failed:
            self.complaints.append(f"{report.nodeid} cannot be collected")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every mutant: through the tests of its own file first, then through all others that reach it."""
        sources = self.target.source_files()
        functions = {function: _name(function) for source in sources for function in functions_of(source)}
        reach = Reach(
            self.kind,
            {function.__code__: name for function, name in functions.items()},
            [PACKAGE / source for source in sources],
        )
        made = self.choose(
            mutant
            for function in functions
            if not self.files or source_of(function) in self.files
            for mutant in mutants(function, program=True)
        )
        self.caches = caches()
        paths = {Path(source_of(mutant.function)) for mutant in made}
        mirrored = {TESTS / path.with_name(f"test_{path.name}") for path in paths}
        near = [item for item in session.items if item.path in mirrored]
        verdicts = dict.fromkeys(range(len(made)), UNREACHED)
        for items in (near, [item for item in session.items if item.path not in mirrored]):
            left = [i for i in verdicts if verdicts[i] != CAUGHT]
            if left:
                self._run(reach.record(items), made, left, verdicts)
        self.complaints += reach.complaints
        self.outcomes = [Outcome(made[i], verdict) for i, verdict in verdicts.items()]
        return True

    def _run(self, reaching: Reaching, made: list[Mutant], left: list[int], verdicts: dict[int, str]) -> None:
        """Run the tests that reach them with the mutants numbered `left`, and note what became of each."""
        gc.collect()
        self.properties = cached_properties()
        gc.freeze()  # forked processes then share these pages
        with ThreadPoolExecutor(self.jobs) as pool:
            found = pool.map(lambda i: self._verdict(made[i], reaching[_name(made[i].function)]), left)
            for count, (i, verdict) in enumerate(zip(left, found, strict=True)):
                if verdict != UNREACHED:
                    verdicts[i] = verdict
                if verdict == SURVIVED:
                    print(f"{count} of {len(left)}: {made[i].place}  {made[i].after}", file=sys.stderr, flush=True)

    def _verdict(self, mutant: Mutant, found: list[tuple[float, pytest.Item]]) -> str:
        if not found:
            return UNREACHED
        tests = sorted(found, key=lambda one: (-self.kills[one[1].nodeid], one[0]))

        def try_out(announce) -> bool:
            for cache in self.caches:
                cache.cache_clear()
            for kept, name in self.properties:
                kept.pop(name, None)
            mutant.function.__code__ = mutant.code
            for seconds, item in tests:
                announce(10 + 10 * seconds)
                if not passes(item):
                    return True
            return False

        caught, announced = run_forked(try_out)
        if caught and announced:
            self.kills[tests[len(announced) - 1][1].nodeid] += 1
        return CAUGHT if caught else SURVIVED


def _name(function: FunctionType) -> str:
    return f"{source_of(function)}:{function.__qualname__}:{function.__code__.co_firstlineno}"


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        yield said


def run(kind: str, target: Target, files: list[str], choose: Choice, jobs: int) -> tuple[list[Outcome], list[str]]:
    """Return the mutants of one kind with what became of each, then complaints.

    A test or a file of tests that fails without any mutant is complained of, and left out.

    Args:
        kind: its name.
        target: its files and tests.
        files: of the package, such as ``optim/sgd.py``; all those of the kind if empty.
        choose: which mutants to run.
        jobs: mutants at one time.
    """
    session = Session(kind, target, files, choose, jobs)
    tests = [str(path) for path in target.test_files()]
    with _quiet() as said, tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        places = ["--basetemp", f"{folder}/tests", "--rootdir", str(PACKAGE.parent)]
        with kernels_of("numpy"):
            code = pytest.main([*ARGUMENTS, *places, *tests], plugins=[session])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.TESTS_FAILED):
        session.complaints.append(f"pytest ended with {code!r}: {said.getvalue()[-2000:]}")
    return session.outcomes, session.complaints
