"""Run the tests in a copy of the project without tinygrad_cnn/fast: what is there makes the package faster, no more.

    make test-plain

The arguments are pytest's. Where there is no such folder, the tests run on NumPy kernels all the same.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_COPIED = shutil.ignore_patterns(".venv*", ".git", ".*_cache", ".hypothesis", "__pycache__", "runs", "site", "dist")
FAST = Path("tinygrad_cnn", "fast")
IMPORTED_FROM = "import tinygrad_cnn; print(tinygrad_cnn.__file__)"


def plain_copy(folder):
    """Copy the project to `folder`, without what makes it fast, and return the copy's path."""
    copy = Path(folder) / "plain"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    if (copy / FAST).is_dir():
        shutil.rmtree(copy / FAST)
    else:
        print(f"there is no {FAST.as_posix()} to delete", flush=True)
    return copy


def main(arguments):
    """Return the exit code of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        copy = plain_copy(folder)
        # PYTHONPATH goes before the installed package, also in the processes that tests start in other folders.
        environment = {**os.environ, "PYTHONPATH": str(copy), "TINYGRAD_CNN_KERNELS": "numpy"}
        done = subprocess.run(
            [sys.executable, "-c", IMPORTED_FROM],
            cwd=folder, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True,
        )  # fmt: skip
        if not Path(done.stdout.strip()).is_relative_to(copy):
            sys.exit(f"expected to test {copy}, but {done.stdout.strip()} is imported")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(command, cwd=copy, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
