"""Make mistakes in the package, one at a time, and see that some test goes red.

    python tests/mutation/mutate.py [--what KIND ...] [--op NAME ...] [--file PATH ...] [--sample N --seed S] ...

A *mutant* is a function with one mistake: a flipped sign, another comparison or constant, a negated condition, a
deleted statement, a lost result, exchanged arguments. It is *caught* where a test fails, crashes or hangs; otherwise it
*survived*, unless it is listed in `equivalent.py` with the reason why it computes the same. Exit code 1 if one
survived, or if a listed one was caught or no longer exists.

The kinds: `vjps` are the gradients of operations (`run_vjps.py`), `c` the compiled kernels (`run_c.py`), and the others
are Python code whose files and tests `targets.py` lists (`run_python.py`).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # read when NumPy is imported: the matrices here are tiny

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from mutants import PACKAGE  # noqa: E402

import tinygrad_cnn  # noqa: E402

_imported = Path(tinygrad_cnn.__file__).resolve().parent
if _imported != PACKAGE:  # no mutant of it would be found here
    print(f"mutate: expected the package {PACKAGE}, found {_imported}: PYTHONPATH={PACKAGE.parent}", file=sys.stderr)
    sys.exit(2)

import run_c  # noqa: E402
import run_python  # noqa: E402
import run_vjps  # noqa: E402
from choice import Choice  # noqa: E402
from report import report  # noqa: E402
from targets import C_SOURCES, TARGETS  # noqa: E402

from tinygrad_cnn.autograd import registry  # noqa: E402

KINDS = ["c", *TARGETS, "vjps"]  # c first: before anything has loaded the library of kernels


def _files(given: list[str]) -> list[str]:
    """Return paths relative to the folder of the package, given so or from the working folder."""
    return [path.replace(os.sep, "/").rpartition("tinygrad_cnn/")[2] for path in given]


def _kinds(what: list[str], ops: list[str], files: list[str]) -> list[str]:
    """Return what is to be mutated: the kinds that are named, or else those that operations and files belong to."""
    chosen = what or ([] if ops or files else KINDS)
    if not what:
        chosen = chosen or [
            *(["c"] if any(file.startswith(C_SOURCES) for file in files) else []),
            *(kind for kind, target in TARGETS.items() if set(files) & set(target.source_files())),
            *(["vjps"] if ops else []),
        ]
    return [kind for kind in KINDS if kind in chosen]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Make mistakes in the package and see that tests catch them.")
    parser.add_argument("--what", nargs="+", default=[], choices=KINDS, metavar="KIND", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--op", nargs="+", default=[], help="gradients of these operations; all by default")
    parser.add_argument("--file", nargs="+", default=[], help="files of the package; all by default")
    parser.add_argument("--function", default="", help="the only function to mutate, such as SGD.__init__")
    parser.add_argument("--sample", type=int, default=0, help="mutants of each kind besides vjps, chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="of that choice")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at one time")
    options = parser.parse_args()
    unknown = sorted(set(options.op) - set(registry))
    if unknown:
        parser.error(f"no operation named {', '.join(unknown)}")
    files = _files(options.file)
    kinds = _kinds(options.what, options.op, files)
    if not kinds:
        parser.error(f"no kind of code has {', '.join(files)} among its files")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests send it, and a job in the background ignores it
    choose = Choice(options.function, options.sample, options.seed)
    code = 0
    for kind in kinds:
        start = time.perf_counter()
        if kind == "vjps":
            outcomes, complaints = run_vjps.run(options.op, options.jobs)
        elif kind == "c":
            outcomes, complaints = run_c.run(files, choose, options.jobs)
        else:
            outcomes, complaints = run_python.run(kind, TARGETS[kind], files, choose, options.jobs)
        complete = choose.everything and not (options.op or files)
        code |= report(kind, outcomes, complaints, complete=complete)
        print(f"in {time.perf_counter() - start:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
