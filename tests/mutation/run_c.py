"""Mutants of the compiled kernels: each is compiled into a library of its own, with which the tests of kernels run."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from c_mutants import CMutant, c_mutants
from choice import Choice
from forked import run_forked
from mutants import PACKAGE
from report import CAUGHT, SURVIVED, Outcome
from run_python import ARGUMENTS
from targets import C_ALL_TESTS, C_BUILD, C_SOURCES, C_TESTS, TESTS

SECONDS_A_FILE = 120
"""A mutant that keeps the tests busy for longer hangs; without one they take seconds."""


class Library:
    """The kernels, compiled with few optimizations, and compiled again with a mistake in one source.

    Args:
        folder: to work in.
    """

    def __init__(self, folder: Path) -> None:
        build = importlib.import_module(C_BUILD)
        compiler = build.find_compiler()
        if compiler is None:
            raise SystemExit("mutate: the compiled kernels need a C compiler, and there is none")
        flags = [flag for flag in build._FLAGS if not flag.startswith("-O")]
        self.command = [*compiler, *flags, "-O1"]
        self.folder = folder
        self.sources = PACKAGE / C_SOURCES
        self.objects = {
            source.name: self._object(source, folder / f"{source.stem}.o") for source in self.sources.glob("*.c")
        }

    def _object(self, source: Path, made: Path) -> Path:
        subprocess.run(
            [*self.command, "-I", str(self.sources), "-c", str(source), "-o", str(made)],
            check=True,
            capture_output=True,
        )
        return made

    def mutated(self, mutant: CMutant, folder: Path) -> Path | None:
        """Return the library with a mistake, made in `folder`; None if it does not compile."""
        name = Path(mutant.file).name
        try:
            if name.endswith(".h"):  # every source may include it
                for source in self.sources.iterdir():
                    shutil.copy(source, folder)
                (folder / name).write_text(mutant.text, encoding="utf-8")
                objects = {
                    source.name: self._object(source, folder / f"{source.stem}.o") for source in folder.glob("*.c")
                }
            else:
                (folder / name).write_text(mutant.text, encoding="utf-8")
                objects = {**self.objects, name: self._object(folder / name, folder / "mutant.o")}
            library = folder / "library.so"
            subprocess.run(
                [*self.command, "-shared", *map(str, objects.values()), "-o", str(library)],
                check=True, capture_output=True,
            )  # fmt: skip
        except subprocess.CalledProcessError:
            return None
        return library


def _tests(file: str) -> list[str]:
    """Return the tests that run the kernels of a C source, those with their names first."""
    every = sorted(TESTS.glob(C_ALL_TESTS))
    words = C_TESTS.get(Path(file).stem)
    if words is None:
        return [str(path) for path in every if "build" not in path.name]
    return [str(path) for path in every if any(word in path.stem for word in words)]


def _caught(library: Path, tests: list[str]) -> bool:
    """Return whether a test fails, crashes or hangs with `library` in place of the usual one."""

    def try_out(announce: Callable[[float], None]) -> bool:
        build = importlib.import_module(C_BUILD)
        build.library_of = lambda _compiler: build.load_library(library)
        announce(SECONDS_A_FILE)
        os.environ["TINYGRAD_CNN_KERNELS"] = "compiled"
        os.environ["TINYGRAD_CNN_CACHE"] = str(library.parent / "cache")
        arguments = [one for one in ARGUMENTS if one != "--continue-on-collection-errors"]
        places = ["--basetemp", str(library.parent / "tests"), "--rootdir", str(TESTS.parent)]
        return pytest.main([*arguments, "-x", *places, *tests]) != pytest.ExitCode.OK

    return run_forked(try_out)[0]


def run(files: list[str], choose: Choice, jobs: int) -> tuple[list[Outcome], list[str]]:
    """Return the mutants of the C sources that compile, with what became of each, then complaints.

    Args:
        files: of the package; all C sources if empty.
        choose: which mutants to run.
        jobs: mutants at one time.
    """
    if f"{C_BUILD.rpartition('.')[0]}.native" in sys.modules:
        raise RuntimeError("run_c: expected a process in which no kernel has been compiled yet")
    made = choose(
        mutant
        for source in sorted((PACKAGE / C_SOURCES).glob("*.[ch]"))
        if not files or f"{C_SOURCES}/{source.name}" in files
        for mutant in c_mutants(source.read_text(encoding="utf-8"), f"{C_SOURCES}/{source.name}")
    )
    complaints: list[str] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        (Path(place) / "whole").mkdir()
        library = Library(Path(place) / "whole")
        tests = {mutant.file: _tests(mutant.file) for mutant in made}
        unchanged = CMutant("unchanged.c", 0, "", "", "", "")
        with tempfile.TemporaryDirectory(dir=place) as folder:
            whole = library.mutated(unchanged, Path(folder))
            if whole is None or _caught(whole, sorted({test for some in tests.values() for test in some})):
                complaints.append("the tests of compiled kernels fail without any mutant")

        def outcome(mutant: CMutant) -> Outcome | None:
            with tempfile.TemporaryDirectory(dir=place) as folder:
                library_with = library.mutated(mutant, Path(folder))
                if library_with is None:
                    return None
                return Outcome(mutant, CAUGHT if _caught(library_with, tests[mutant.file]) else SURVIVED)

        with ThreadPoolExecutor(jobs) as pool:
            outcomes = [one for one in pool.map(outcome, made) if one is not None]
    return outcomes, complaints
