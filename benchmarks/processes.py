"""Fresh processes in turn: ours, theirs, ours, theirs, so that a slow minute of the machine hits both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

_TUNED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Settings that some machines make for equal results everywhere; they slow NumPy's BLAS and leave PyTorch as it is."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def cores() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    task: str,
    framework: str,
    threads: int,
    arguments: Mapping[str, Any],
    extra: Mapping[str, str] | None = None,
    root: Path = ROOT,
) -> dict[str, Any]:
    """Run ``task.measure`` in a fresh process and return its figures.

    Args:
        task: a module of this package with a function ``measure(framework, **arguments)``.
        framework: a key of `frameworks.MODULES`.
        threads: for BLAS, OpenMP and the framework.
        arguments: anything that JSON can carry.
        extra: further environment variables.
        root: the checkout of this repository whose package and benchmarks run.

    Raises:
        RuntimeError: the process failed; the message ends with what it said.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _TUNED}
    environment |= dict.fromkeys(_THREADS, str(threads)) | dict(extra or {})
    command = [sys.executable, "-m", "benchmarks.child", task, framework, str(threads), json.dumps(dict(arguments))]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{task} with {framework} and {dict(arguments)} failed:\n{done.stderr.strip()}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def alternate(
    task: str,
    frameworks: Sequence[str],
    threads: int,
    arguments: Mapping[str, Any],
    rounds: int,
    extra: Mapping[str, str] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """Run the task `rounds` times with each framework in turn; return the figures of each, round by round."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in frameworks}
    for _ in range(rounds):
        for name in frameworks:
            found[name].append(run(task, name, threads, arguments, extra))
    return found
