"""Write the files again that the tests compare with what the program gives: `make golden`.

Where PyTorch and expecttest are installed (`make parity` does it), the two pages of comparisons with PyTorch are
written too; they take minutes. ``python tests/golden.py left_out`` writes only the files whose path holds a word given.
"""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

PICTURES = ("second_order.svg", "simple_convnet.svg", "simple_convnet_closed.svg", "values.svg")
REPORTS = {
    "docs/parity.md": "tests/parity/op_db/report.py",
    "docs/parity_modules.md": "tests/parity/module_db/report.py",
}
"""Pages that a script of their own measures and writes."""


def _of(path: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / path))


def _left_out() -> str:
    return _of("docs/left_out.py")["page"]()


def _picture(name: str) -> str:
    return _of("docs/images/make.py")["drawings"]()[name].svg


def small_network() -> str:
    """Return the graph of a small network as DOT text."""
    from small_network import Run

    import tinygrad_cnn

    tinygrad_cnn.manual_seed(0)
    run = Run()
    return tinygrad_cnn.draw(run.loss, inputs={"images": run.x, "digits": run.t}, title="A small network").dot


GOLDEN: dict[str, Callable[[], str]] = {
    "docs/left_out.md": _left_out,
    "tests/graph/golden.dot": small_network,
    **{f"docs/images/{name}": lambda name=name: _picture(name) for name in PICTURES},
}
"""Each file, and what makes its text."""


def main(wanted: list[str]) -> None:
    """Write the files whose path contains one of `wanted`, or all of them."""
    for path, make in GOLDEN.items():
        if not wanted or any(word in path for word in wanted):
            (ROOT / path).write_text(make(), encoding="utf-8")
            print(path)
    for path, script in REPORTS.items():
        if any(word in path for word in wanted) or (not wanted and find_spec("torch") and find_spec("expecttest")):
            subprocess.run([sys.executable, str(ROOT / script)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
