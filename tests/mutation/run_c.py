"""Mutants of the compiled kernels: each is compiled into a library of its own, with which the tests of kernels run."""

from __future__ import annotations

import importlib
import os
import re
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
from targets import C_ALL_TESTS, C_BUILD, C_CACHE, C_FIRST_TEST, C_NO_TESTS, C_SAMPLES, C_SOURCES, C_TESTS, TESTS

SECONDS_A_FILE = 120
"""A mutant that keeps the tests busy for longer hangs; without one they take seconds."""


_INCLUDE = re.compile(r'^#include "(\w+\.h)"', re.MULTILINE)


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
        self.command = [*compiler, *flags, "-O1", "-g0"]  # Zig adds the names of folders otherwise
        self.folder = folder
        self.sources = PACKAGE / C_SOURCES
        self.objects = {
            source.name: self._object(source, folder / f"{source.stem}.o") for source in self.sources.glob("*.c")
        }

    def _object(self, source: Path, made: Path) -> Path:
        subprocess.run(
            [*self.command, "-I", str(self.sources), "-c", source.name, "-o", str(made)],
            cwd=source.parent, check=True, capture_output=True,
        )  # fmt: skip
        return made

    def _reads(self, source: str, header: str) -> bool:
        """Return whether a source includes a header, itself or through others."""
        included = _INCLUDE.findall((self.sources / source).read_text(encoding="utf-8"))
        return header in included or any(self._reads(one, header) for one in included)

    def mutated(self, mutant: CMutant, folder: Path) -> Path | None:
        """Return the library with a mistake, made in `folder`.

        None if it does not compile, or compiles to the same code: then it is in a part for other processors, or the
        compiler has shown that it changes nothing.
        """
        name = Path(mutant.file).name
        try:
            for source in self.sources.iterdir():
                shutil.copy(source, folder)
            (folder / name).write_text(mutant.text, encoding="utf-8")
            changed = [one for one in self.objects if one == name or self._reads(one, name)]
            objects = {one: self._object(folder / one, folder / f"{one}.o") for one in changed}
            if changed and all(objects[one].read_bytes() == self.objects[one].read_bytes() for one in changed):
                return None
            objects = {**self.objects, **objects}
            library = folder / "library.so"
            subprocess.run(
                [*self.command, "-shared", *map(str, objects.values()), "-o", str(library)],
                check=True, capture_output=True,
            )  # fmt: skip
        except subprocess.CalledProcessError:
            return None
        return library


def _tests(file: str) -> list[str]:
    """Return the tests that run the kernels of a C source, the samples of all kernels first."""
    paths = {path.stem.removeprefix("test_"): str(path) for path in sorted(TESTS.glob(C_ALL_TESTS))}
    names = C_TESTS.get(Path(file).stem, [name for name in paths if name not in C_NO_TESTS])
    return [paths[name] for name in dict.fromkeys([C_FIRST_TEST, *names])]


def _caught(library: Path, tests: list[str]) -> bool:
    """Return whether a test fails, crashes or hangs with `library` in the cache in place of the usual one."""

    def try_out(announce: Callable[[float], None]) -> bool:
        build, cache = importlib.import_module(C_BUILD), importlib.import_module(C_CACHE)
        os.environ["TINYGRAD_CNN_KERNELS"] = "compiled"
        os.environ["TINYGRAD_CNN_CACHE"] = str(library.parent / "cache")  # programs that tests start find it there too
        cache.keep(library, cache.trusted_folder(), build.library_name(build.find_compiler()))
        announce(SECONDS_A_FILE)
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
    for module in C_SAMPLES:  # here once, instead of in every forked process
        importlib.import_module(module)
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
                if _caught(library_with, tests[mutant.file]):
                    return Outcome(mutant, CAUGHT)
            print(f"{mutant.place}  {mutant.after}", file=sys.stderr, flush=True)
            return Outcome(mutant, SURVIVED)

        with ThreadPoolExecutor(jobs) as pool:
            outcomes = [one for one in pool.map(outcome, made) if one is not None]
    return outcomes, complaints
