"""What is mutated besides gradients, and the tests that must notice: one row per kind, as `--what` names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mutants import PACKAGE

TESTS = PACKAGE.parent / "tests"
C_SOURCES = "fast/source"
C_BUILD = "tinygrad_cnn.fast.build"
C_CACHE = "tinygrad_cnn.fast.cache"
"""The folder of the C kernels in the package, and the modules that compile them and keep the library."""


@dataclass(frozen=True)
class Target:
    """Files of the package to make mistakes in, and the tests to run: patterns below the package and below tests/."""

    sources: tuple[str, ...]
    tests: tuple[str, ...]

    def source_files(self) -> list[str]:
        """Return the files of the package, relative to it."""
        return [path.relative_to(PACKAGE).as_posix() for path in _matching(PACKAGE, self.sources)]

    def test_files(self) -> list[Path]:
        """Return the files of tests."""
        return [path for path in _matching(TESTS, self.tests) if path.name.startswith("test_")]


def _matching(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    yield from dict.fromkeys(path for pattern in patterns for path in sorted(folder.glob(pattern)))


TARGETS = {
    "optim": Target(("optim/*.py", "optim/lr_scheduler/*.py"), ("optim/**/*.py",)),
    "losses": Target(
        (
            "kernels/loss.py",
            "ops/loss.py",
            "nn/functional/loss/*.py",
            "nn/modules/loss.py",
        ),
        ("nn/functional/loss/*.py", "nn/modules/*loss*.py", "ops/*loss*.py", "kernels/*loss*.py", "ops/test_init.py",
         "parity/module_db/test_module_db.py"),
    ),
    "trainer": Target(("train/*.py",), ("train/**/*.py",)),
    "engine": Target(("autograd/*.py",), ("autograd/*.py", "gradcheck/*.py", "test_tensor.py")),
    "kernels": Target(("kernels/*.py",), ("kernels/*.py", "ops/*.py", "nn/*window*.py")),
}  # fmt: skip
"""Kinds of Python code."""

C_ALL_TESTS = "fast/test_*.py"
C_FIRST_TEST = "native"
C_NO_TESTS = ("build", "cache")
C_SAMPLES = ("kernel_samples_optim", "kernel_samples_windows")
"""The tests of compiled kernels: all; the one with a sample of every kernel, which catches most mutants; those of how
sources are compiled, which run no kernel; and the modules of samples."""

C_TESTS = {
    "activation": ("activation", "relu_mask"),
    "conv": ("conv", "relu_mask"),
    "dropout": ("dropout",),
    "gradients": ("conv", "linear", "norm", "relu_mask"),
    "loss": ("loss",),
    "matmul": ("matmul", "linear"),
    "norm": ("norm", "relu_mask"),
    "optim": ("optim",),
    "pool": ("pool",),
    "softmax": ("softmax",),
    "winograd": ("conv", "relu_mask"),
}
"""The C sources, and the tests of compiled kernels that run them, `test_NAME.py`; other sources run all."""
