"""What a training step does stays under bounds: a regression that no slow or busy machine can hide, or feign."""

import subprocess
import sys

import pytest

pytest.importorskip("rich")

from benchmarks import counts
from benchmarks.processes import ROOT
from tinygrad_cnn import nn
from tinygrad_cnn.backends.kernels import kernel_mode

compiled = pytest.mark.skipif(kernel_mode() == "numpy", reason="the bounds are those of the compiled kernels")


@compiled
def test_a_step_does_no_more_than_it_did():
    """In a process of its own, so that no other test has left anything behind."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.counts"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{done.stderr}\nMeant so? `python -m benchmarks.counts --update` sets the bounds."
    assert all(name in done.stdout for name in counts.COUNTED)


def test_calls_are_counted_exactly_and_told_apart():
    def inner():
        return [None for _ in range(3)]  # a frame of its own in Python 3.11 only

    def step():
        inner()
        inner()
        nn.Sequential()

    own, other = counts.calls(step)
    assert other == 2
    assert own > 0
    assert counts.calls(step) == (own, other)
    assert sys.getprofile() is None


@compiled
def test_one_more_frame_in_each_layer_is_too_much(monkeypatch):
    def longer(forward):
        return lambda *args: forward(*args)

    for layer, name in ((nn.Conv2d, "forward"), (nn.Flatten, "forward"), (nn.Linear, "forward")):
        monkeypatch.setattr(layer, name, longer(getattr(layer, name)))
    wrong = counts.exceeded("W0", counts.count("W0"))
    assert any(counts.MEANING["other calls"] in line for line in wrong)


def test_each_count_has_its_bound():
    at_bound = counts.bounds()["W0"]
    assert counts.exceeded("W0", at_bound) == []
    for key in counts.MEANING:
        wrong = counts.exceeded("W0", at_bound | {key: at_bound[key] + counts.SLACK[key] + 1})
        assert len(wrong) == 1
        assert counts.MEANING[key] in wrong[0]


def test_a_leak_is_seen():
    kept = []
    assert counts.objects_left(lambda: None) == 0
    found = counts.objects_left(lambda: kept.extend([] for _ in range(30)))
    assert 25 <= found <= 35  # others may come and go meanwhile


def test_blocks_and_bytes_are_those_of_the_result():
    assert counts.blocks_kept(lambda: [object() for _ in range(50)]) in range(51, 55)
    assert 1_000_000 <= counts.peak_bytes(lambda: bytes(1_000_000)) < 1_010_000


def test_update_writes_the_bounds(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(counts, "BOUNDS", tmp_path / "counts.json")
    monkeypatch.setattr(counts, "COUNTED", ("W0",))
    found = dict.fromkeys(counts.MEANING, 7)
    monkeypatch.setattr(counts, "count", lambda _: found)
    counts.main(["--update"])
    assert counts.bounds() == {"W0": found}
    monkeypatch.setattr(counts, "count", lambda _: found | {"own calls": 8})
    with pytest.raises(SystemExit, match="W0: 8 calls .*, at most 7 are allowed"):
        counts.main([])
