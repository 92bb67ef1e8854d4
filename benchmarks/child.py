"""The process that is measured: ``python -m benchmarks.child TASK FRAMEWORK THREADS ARGUMENTS``.

It imports the framework before anything else, so that the time of the import includes NumPy's, then calls
``TASK.measure(framework, **ARGUMENTS)`` and prints what that returns as one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import time


def main(task: str, name: str, threads: str, arguments: str) -> None:
    """Measure and print."""
    from benchmarks.frameworks import MODULES, use_threads

    before = time.perf_counter()
    framework = importlib.import_module(MODULES[name])
    seconds = time.perf_counter() - before
    result = {"import_s": seconds, "threads": use_threads(framework, int(threads))}
    result |= importlib.import_module(task).measure(framework, **json.loads(arguments))
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
