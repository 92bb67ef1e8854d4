"""Run the tests that may differ by version on every other Python found here that the package admits, side by side.

    make test-pythons

Pythons are looked for on PATH and among pyenv's; of each version the newest release is taken. Each gets a virtual
environment of its own, and computes with one thread. Slow tests are left out, and the folders in `LEFT_OUT`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
ADMITTED = [(3, minor) for minor in range(11, 15)]
LEFT_OUT = {
    "architecture": "reads the source, which is the same",
    "benchmarks": "measures, and no figure of another Python is published",
    "docs": "compares texts with the source",
    "examples": "runs scripts of what the other tests cover",
    "fuzz": "searches for mistakes in arithmetic and files, not in Python",
    "kernels": "computes with NumPy alone; tests/fast compares the compiled kernels with these on every Python",
    "models": "compares sizes and shapes of networks",
    "mutation": "tests the tests",
    "ops": "computes with the same kernels; tests/autograd and tests/fast run the engine on every Python",
    "parity": "needs PyTorch",
}
"""Folders of tests whose result no version of Python changes, and why."""

ASK = "import sys, ensurepip, ssl; print(*sys.version_info[:3])"


def release_of(python):
    """Return the release of an interpreter that can make a virtual environment, such as (3, 12, 1), or None."""
    try:
        done = subprocess.run([python, "-c", ASK], capture_output=True, encoding="utf-8", timeout=60, check=False)
    except OSError:
        return None
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 else None


def found():
    """Return the path of the newest release of each admitted version."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    names = [f"python{major}.{minor}" for major, minor in ADMITTED]
    on_path = [path for path in map(shutil.which, names) if path]
    paths = [*on_path, *(str(path) for name in names for path in pyenv.glob(f"*/bin/{name}"))]
    newest = {}
    for path in paths:
        release = release_of(path)
        if release is not None and release[:2] in ADMITTED:
            newest[release[:2]] = max(newest.get(release[:2], ((), "")), (release, path))
    return {version: newest[version] for version in sorted(newest)}


def main():
    others = {version: one for version, one in found().items() if version != sys.version_info[:2]}
    print(f"Python {sys.version.split()[0]} runs this; of the others that are admitted, there are here: ", end="")
    print(", ".join(path for _, path in others.values()) or "none", flush=True)
    single = {"TINYGRAD_CNN_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    with tempfile.TemporaryDirectory() as folder:
        running = []
        each = max(1, (os.cpu_count() or 1) // max(1, len(others)))
        chosen = [
            "PARALLEL=" + (f"-n {min(each, 4)} --dist worksteal" if each > 1 else ""),
            "TESTS=" + " ".join(f"--ignore tests/{name}" for name in LEFT_OUT),
        ]
        for release, path in others.values():
            log = Path(folder) / ".".join(map(str, release))
            with log.open("w", encoding="utf-8") as file:
                command = ["make", "test-fast", f"PYTHON={path}", *chosen]
                process = subprocess.Popen(
                    command, cwd=ROOT, env={**os.environ, **single}, stdout=file, stderr=subprocess.STDOUT
                )
            running.append((log, process))
        for log, process in running:
            failed = process.wait() != 0
            text = log.read_text(encoding="utf-8", errors="replace")
            print(f"\nPython {log.name}:\n{text if failed else text.splitlines()[-1]}", flush=True)
    sys.exit(any(process.returncode for _, process in running))


if __name__ == "__main__":
    main()
