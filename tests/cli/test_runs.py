"""Run folders: numbers, locks, what is undone, and which is the latest."""

import os
from pathlib import Path

import numpy as np
import pytest

from tinygrad_cnn.cli import runs
from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.runs import latest_run, new_run, only_trainer, undone_unless_saved
from tinygrad_cnn.train import CheckpointFolder
from tinygrad_cnn.train.checkpoint import save_checkpoint

pytest.importorskip("safetensors")


def weights(run):
    _, state = CheckpointFolder(run / "checkpoints").load()
    return {name: np.asarray(value).tobytes() for name, value in state["model"].items()}


def test_new_runs_are_numbered_after_the_highest(tmp_path):
    base = tmp_path / "new" / "runs"
    assert new_run(base, "x").name == "x-001"
    (base / "x-041").mkdir()
    (base / "x-best").mkdir()
    assert new_run(base, "x").name == "x-042"
    assert new_run(base, "y").name == "y-001"


def test_a_number_taken_meanwhile_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "x-001").mkdir()
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    assert new_run(tmp_path, "x").name == "x-002"


@pytest.mark.parametrize(("new", "saved", "stays"), [(True, False, False), (True, True, True), (False, False, True)])
def test_a_new_run_that_saved_nothing_is_undone(tmp_path, new, saved, stays):
    run = new_run(tmp_path, "x")
    if saved:
        save_checkpoint(run / "checkpoints" / "best-00000001", {})
    with pytest.raises(OSError, match="full"), undone_unless_saved(run, new):
        raise OSError("full")
    assert run.exists() == stays


def test_the_latest_run_is_the_one_that_saved_last(tmp_path):
    with pytest.raises(ConfigError, match="expected a run with a checkpoint in this folder, found none"):
        latest_run(tmp_path)
    for i, name in enumerate(("b", "a", "c")):
        run = new_run(tmp_path, name)
        (run / "config.toml").write_text("", encoding="utf-8")
        if name != "c":
            os.utime(save_checkpoint(run / "checkpoints" / "step-00000001", {}), (i, i))
    assert latest_run(tmp_path).name == "a-001"


def test_a_second_run_gets_a_folder_of_its_own(cli, toy, tmp_path):
    config = toy(("epochs = 2", "epochs = 1"))
    assert cli("train", config, "--out", "here").code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "here").rglob("*") if path.is_file()}
    (tmp_path / "here" / "toy-007").mkdir()
    assert "run folder here/toy-008" in cli("train", config, "--out", "here").out
    assert {path: path.read_bytes() for path in before} == before
    assert weights(tmp_path / "here" / "toy-001") == weights(tmp_path / "here" / "toy-008")  # one seed, one result


def test_two_processes_cannot_train_in_one_folder(cli, fails, toy, tmp_path):
    pytest.importorskip("fcntl")
    cli("train", toy())
    run = tmp_path / "runs" / "toy-001"
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with only_trainer(run):
        error = fails("train", "--resume", run)
        assert error == f"{run}: expected a run that no other process trains, but one does"
    assert {path: path.read_bytes() for path in before} == before
    assert cli("train", "--resume", run).code == 0


def test_a_run_that_saved_only_its_best_weights_begins_again(cli, toy, tmp_path):
    cli("train", toy())
    run = tmp_path / "runs" / "toy-001"
    for path in (run / "checkpoints").glob("step-*"):
        path.unlink()
    found = cli("train", "--resume", run)
    assert found.code == 0, found.err
    assert "no checkpoint to resume from: starting again\n" in found.out
    assert runs.load_trained(run).epoch == 2
