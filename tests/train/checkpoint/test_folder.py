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


def test_the_newest_stay_and_later_steps_are_given_up(tmp_path):
    folder = CheckpointFolder(tmp_path / "new", keep=2)
    assert folder.paths() == []
    for step in (1, 2, 10, 3):
        path = folder.save({"step": step}, step)
        assert path.name == f"step-{step:08d}.json"
    assert [path.name for path in folder.paths()] == ["step-00000003.json", "step-00000002.json"]
    assert len(list(folder.root.iterdir())) == 4  # two files each
    path, state = folder.load()
    assert (path.name, state) == ("step-00000003.json", {"step": 3})


def test_folders_of_two_prefixes_leave_each_other_alone(tmp_path):
    last, best = CheckpointFolder(tmp_path, keep=1), CheckpointFolder(tmp_path, prefix="best", keep=1)
    last.save({}, 5)
    best.save({}, 3)
    last.save({}, 6)
    assert [path.name for path in last.paths() + best.paths()] == ["step-00000006.json", "best-00000003.json"]


def test_a_damaged_newest_checkpoint_is_skipped_with_a_warning(tmp_path):
    folder = CheckpointFolder(tmp_path)
    folder.save({"step": 1}, 1)
    folder.save({"step": 2}, 2).write_text("{}", encoding="utf-8")
    with pytest.warns(UserWarning, match=r"damaged checkpoint skipped: .*step-00000002.json.*; loading step-00000001"):
        assert folder.load()[1] == {"step": 1}


@pytest.mark.parametrize(("arguments", "message"), [({"keep": 0}, "keep of at least 1"), ({"prefix": "a-"}, "letters")])
def test_bad_arguments_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=f"CheckpointFolder: expected .*{message}"):
        CheckpointFolder(tmp_path, **arguments)


def test_what_a_kill_left_is_deleted_before_the_first_save_only(tmp_path):
    (tmp_path / ".step-00000001.json.part").touch()
    (tmp_path / "step-00000001.safetensors").touch()
    folder = CheckpointFolder(tmp_path)
    folder.save({}, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000002.json", "step-00000002.safetensors"]
    (tmp_path / ".step-00000003.json.part").touch()
    folder.save({}, 4)
    assert (tmp_path / ".step-00000003.json.part").exists()
