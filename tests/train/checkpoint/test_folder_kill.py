"""Resuming equals never having stopped, bit for bit: proven with SIGKILL."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinygrad_cnn
from tinygrad_cnn.train import CheckpointFolder, load_checkpoint

pytest.importorskip("safetensors")

SCRIPT = Path(__file__).with_name("killed_run.py")
KILLS = 20


def start(folder, workers):
    environment = {**os.environ, "PYTHONPATH": str(Path(tinygrad_cnn.__file__).parents[1])}  # this package, no other
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(workers)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
    )


def kill(process, chance):
    """Kill the run at a random moment after its first line; return what it was doing, or None if it was faster."""
    wanted = chance.choice(["replace step", "replace step", "any moment"])
    lines = chance.randint(1, 25)
    for line in process.stdout:
        lines -= 1
        if line.startswith("finished"):
            process.wait()
            return None
        if lines > 0 or not line.startswith(wanted if wanted != "any moment" else ""):
            continue
        if wanted == "any moment":
            time.sleep(chance.random() * 0.01)
        process.send_signal(signal.SIGKILL)
        process.stdout.read()
        assert process.wait() == -signal.SIGKILL
        return "writing" if line.startswith("replace") and wanted != "any moment" else "any moment"
    return None


def without_seconds(state):
    """Return a state without the clock's readings, which no run repeats."""
    if isinstance(state, dict):
        return {key: without_seconds(value) for key, value in state.items() if key != "seconds"}
    return [without_seconds(value) for value in state] if isinstance(state, list) else state


def assert_same_bits(one, other, path=""):
    assert type(one) is type(other), path
    if isinstance(one, dict):
        assert list(one) == list(other), path
        for key in one:
            assert_same_bits(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), path
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same_bits(a, b, f"{path}.{i}")
    elif hasattr(one, "dtype"):
        assert one.dtype == other.dtype, path
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes(), path
    else:
        assert repr(one) == repr(other), path


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a signal of POSIX")
@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_killed_20_times_ends_as_one_never_stopped(tmp_path, workers):
    undisturbed = start(tmp_path / "undisturbed", workers)
    undisturbed.communicate(timeout=600)
    assert undisturbed.returncode == 0

    chance = random.Random(time.time_ns())
    killed = tmp_path / "killed"
    moments = []
    while len(moments) < KILLS:
        with start(killed, workers) as process:
            moment = kill(process, chance)
        assert moment is not None, f"the run ended after {len(moments)} kills; it should be longer"
        moments.append(moment)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a kill leaves no damaged checkpoint, only none
            CheckpointFolder(killed / "checkpoints").load()
    assert moments.count("writing") >= 3
    last = start(killed, workers)
    out, _ = last.communicate(timeout=600)
    assert out.endswith("finished\n")

    for prefix in ("step", "best"):
        ours, theirs = (
            CheckpointFolder(tmp_path / name / "checkpoints", prefix=prefix).load()
            for name in ("undisturbed", "killed")
        )
        assert ours[0].name == theirs[0].name
        assert_same_bits(without_seconds(ours[1]), without_seconds(theirs[1]))
    state = load_checkpoint(ours[0])
    assert {"model", "optimizer", "history", "random"} <= set(state)
    ours, theirs = (rows(tmp_path / name / "history.csv") for name in ("undisturbed", "killed"))
    assert len(ours) == 30
    assert ours == theirs


def test_the_comparison_sees_one_bit(tmp_path):
    a = {"x": np.array([1.0, 2.0]), "y": [1, (2.0,)]}
    b = json.loads('{"y": 0}')
    assert_same_bits(a, {"x": np.array([1.0, 2.0]), "y": [1, (2.0,)]})
    for other in (b, {"x": np.array([1.0, np.nextafter(2.0, 3)]), "y": [1, (2.0,)]}, {**a, "y": [1, [2.0]]}):
        with pytest.raises(AssertionError):
            assert_same_bits(a, other)
