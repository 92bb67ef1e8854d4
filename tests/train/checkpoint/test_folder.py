"""`CheckpointFolder`: what it keeps, sweeps away and loads."""

import shutil

import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.train import CheckpointError, CheckpointFolder, Checkpoints, Trainer

pytest.importorskip("safetensors")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A folder with the checkpoints of a run of two epochs."""
    folder = tmp_path_factory.mktemp("run")
    tg.manual_seed(0)
    run(folder).fit(batches(), 2)
    return folder


def batches():
    return [(tg.ones(4, 2), tg.tensor([0, 1, 0, 1]))]


def run(folder):
    model = nn.Linear(2, 2)
    return Trainer(model, optim.Adam(model.parameters()), F.cross_entropy, callbacks=[Checkpoints(folder)])


def test_when_all_are_damaged_the_error_says_how_each(good, tmp_path):
    shutil.copytree(good, tmp_path / "run")
    (tmp_path / "run" / "step-00000001.json").write_text("{}", encoding="utf-8")
    (tmp_path / "run" / "step-00000002.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"run: expected an undamaged checkpoint, got .*2\.safetensors.*1\.json"):
        CheckpointFolder(tmp_path / "run").load()
    assert CheckpointFolder(tmp_path / "nothing").load() is None


def test_what_a_kill_left_is_swept_away_and_nothing_else(tmp_path):
    left = [".step-00000009.json.1f.part", ".step-00000009.safetensors.1f.part", "step-00000009.safetensors"]
    kept = ["notes.part", "best-00000009.safetensors", "steps.safetensors", ".other-1.json.part"]
    for name in left + kept:
        (tmp_path / name).write_text("x", encoding="utf-8")
    save = CheckpointFolder(tmp_path).save
    save({"x": 1}, 3)
    assert {path.name for path in tmp_path.iterdir()} == {*kept, "step-00000003.json", "step-00000003.safetensors"}
