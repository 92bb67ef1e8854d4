"""``python -m benchmarks.counts``: what a training step does, in numbers that are the same on every machine.

Times vary from run to run, counts do not: a test holds them under the bounds of `counts.json`. ``--update`` sets the
bounds to what is counted now.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import tinygrad_cnn
from benchmarks.networks import NETWORKS
from benchmarks.steps import training_step
from benchmarks.tables import show

BOUNDS = Path(__file__).with_name("counts.json")

COUNTED = ("W0", "W3")

MEANING = {
    "own calls": "calls of this package's Python functions in a step",
    "other calls": "calls of NumPy's and the standard library's Python functions in a step",
    "tape blocks": "blocks of Python's allocator that the forward pass leaves for the backward pass",
    "peak bytes": "bytes of objects and arrays at the highest point of a step, above its beginning",
    "left objects": "objects that a step leaves to the garbage collector's lists, over ten steps",
}

SLACK = {"own calls": 0, "other calls": 2, "tape blocks": 2, "peak bytes": 4096, "left objects": 0}
"""What is allowed above the bound. A further frame in each operation is 5 calls or more in W0, so calls have less."""

WARM = 5

STEPS = 10
"""Over which a leak is looked for."""

_PACKAGE = str(Path(tinygrad_cnn.__file__).parent)

_INLINED = {"<listcomp>", "<dictcomp>", "<setcomp>"}
"""Calls in Python 3.11 and none from 3.12 on."""


def count(name: str) -> dict[str, int]:
    """Return the counts of `MEANING` for a training step of the network `name`."""
    network = NETWORKS[name]
    x, y = network.data(tinygrad_cnn)
    step, _ = training_step(tinygrad_cnn, network, x, y)
    for _ in range(WARM):
        step()
    own, other = calls(step)
    model = network.model(tinygrad_cnn)
    cross_entropy = tinygrad_cnn.nn.functional.cross_entropy
    return {
        "own calls": own,
        "other calls": other,
        "tape blocks": min(blocks_kept(lambda: cross_entropy(model(x), y)) for _ in range(WARM)),
        "peak bytes": min(peak_bytes(step) for _ in range(WARM)),
        "left objects": objects_left(step),
    }


def calls(step: Callable[[], object]) -> tuple[int, int]:
    """Return the calls of Python functions in one step: of this package's, and of all others but the step itself."""
    found = [0, 0]

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_name not in _INLINED and code is not own:
            found[not code.co_filename.startswith(_PACKAGE)] += 1

    own = getattr(step, "__code__", None)
    collecting = gc.isenabled()
    gc.disable()  # a collection may call finalisers
    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        step()
    finally:
        sys.setprofile(before)
        if collecting:
            gc.enable()
    return found[0], found[1]


def blocks_kept(forward: Callable[[], Any]) -> int:
    """Return the blocks that the result of `forward` keeps alive."""
    gc.collect()
    before = sys.getallocatedblocks()
    result = forward()
    kept = sys.getallocatedblocks() - before
    del result
    return kept


def objects_left(step: Callable[[], object]) -> int:
    """Return how many more objects that can hold others, rounded up, there are for each of `STEPS` steps."""
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(STEPS):
        step()
    gc.collect()
    return max(0, -((before - len(gc.get_objects())) // STEPS))


def peak_bytes(step: Callable[[], object]) -> int:
    """Return the most that is allocated during a step, above what is before it."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        step()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def bounds() -> dict[str, dict[str, int]]:
    """Return the bounds of each network in `COUNTED`."""
    found: dict[str, dict[str, int]] = json.loads(BOUNDS.read_text(encoding="utf-8"))
    return found


def exceeded(name: str, counted: dict[str, int]) -> list[str]:
    """Return a line for each count of the network `name` above its bound and the slack."""
    allowed = {key: bound + SLACK[key] for key, bound in bounds()[name].items()}
    return [
        f"{name}: {counted[key]:,} {MEANING[key]}, at most {allowed[key]:,} are allowed"
        for key in MEANING
        if counted[key] > allowed[key]
    ]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.counts", description="Count what a training step does.")
    made.add_argument("--update", action="store_true", help=f"set the bounds in {BOUNDS.name} to what is counted now")
    arguments = made.parse_args(argv)
    counted = {name: count(name) for name in COUNTED}
    if arguments.update:
        BOUNDS.write_text(json.dumps(counted, indent=2) + "\n", encoding="utf-8")
    limits = bounds()
    rows = [
        [name, MEANING[key], f"{counted[name][key]:,}", f"{limits[name][key]:,}", f"{SLACK[key]:,}"]
        for name in COUNTED
        for key in MEANING
    ]
    show("A training step", ("network", "counted", "now", "bound", "slack"), rows, texts=2)
    wrong = [line for name in COUNTED for line in exceeded(name, counted[name])]
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
