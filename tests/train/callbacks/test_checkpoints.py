"""`Checkpoints`: what is saved when, and what is refused."""

import numpy as np
import pytest
from resumed_runs import At, end, interrupt, loader, make, steps

from tinygrad_cnn.train import Callback, CheckpointFolder, Checkpoints, EarlyStopping, load_checkpoint

pytest.importorskip("safetensors")


def test_every_epoch_is_saved_and_the_last_few_stay(tmp_path):
    make(Checkpoints(tmp_path, keep=2)).fit(loader(), 4)
    assert steps(tmp_path) == [16, 12]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "step-00000012.json", "step-00000012.safetensors", "step-00000016.json", "step-00000016.safetensors",
    ]  # fmt: skip


def test_steps_are_saved_too(tmp_path):
    make(Checkpoints(tmp_path, every_steps=3, keep=100)).fit(loader(), 2)
    assert steps(tmp_path) == [8, 6, 4, 3]


def test_the_best_epoch_stays(tmp_path):
    class Feed(Callback):
        def on_epoch_end(self, trainer):
            trainer.history.rows[-1]["fed"] = [1, 3, 2, 3, 0][trainer.epoch - 1]

    run = make(Feed(), Checkpoints(tmp_path, keep=1, monitor="fed", mode="max"))
    run.fit(loader(), 5)
    assert steps(tmp_path, "best") == [8]
    assert steps(tmp_path) == [20]
    assert load_checkpoint(tmp_path / "best-00000008.json")["progress"]["epoch"] == 2


def test_a_non_finite_loss_keeps_the_good_checkpoint_and_names_it(tmp_path):
    def poison(trainer):
        trainer.loader.dataset.tensors[0].array[:] = np.nan

    run = make(At(6, poison), Checkpoints(tmp_path, every_steps=2))
    with pytest.raises(FloatingPointError, match="the loss is nan at step 7") as caught:
        run.fit(loader(), 3)
    assert caught.value.__notes__ == [f"the last good checkpoint is {tmp_path / 'step-00000006.json'}"]
    assert steps(tmp_path) == [6, 4, 2]


def test_parameters_that_overflowed_are_not_saved(tmp_path):
    def overflow(trainer):
        trainer.model[2].bias.data[0] = float("inf")

    run = make(At(6, overflow), Checkpoints(tmp_path, every_steps=2))
    with pytest.raises(FloatingPointError, match=r"finite parameters, got inf in 2.bias after step 6; .* not saved"):
        run.fit(loader(), 3)
    assert steps(tmp_path) == [4, 2]


def test_with_a_plain_iterable_only_whole_epochs_are_saved(tmp_path):
    batches = list(loader())
    straight = make()
    straight.fit(batches, 3)
    run = make(At(6, interrupt), Checkpoints(tmp_path, every_steps=1))
    with pytest.warns(UserWarning, match=r"this loader \(list\) has no state_dict.*the start of epoch 2; its 2 ba"):
        run.fit(batches, 3)
    assert steps(tmp_path) == [4]
    with pytest.raises(RuntimeError, match="a state between two epochs.*got batch 2 of epoch 2"):
        run.state_dict()
    again = make(Checkpoints(tmp_path), seed=99)
    again.fit(batches, 3, resume=tmp_path)
    assert end(again) == end(straight)


def test_going_on_from_an_earlier_checkpoint_gives_up_the_later_ones(tmp_path):
    make(Checkpoints(tmp_path, keep=10)).fit(loader(), 4)
    assert steps(tmp_path) == [16, 12, 8, 4]
    make(Checkpoints(tmp_path, keep=10)).fit(loader(), 2, resume=tmp_path / "step-00000004.json")
    assert steps(tmp_path) == [8, 4]


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="every_steps of at least 1, got 0"):
        Checkpoints(tmp_path, every_steps=0)
    with pytest.raises(ValueError, match="keep of at least 1, got 0"):
        Checkpoints(tmp_path, keep=0)
    with pytest.raises(ValueError, match="'min' or 'max', got 'most'"):
        Checkpoints(tmp_path, monitor="loss", mode="most")
    with pytest.raises(ValueError, match="prefix as letters"):
        CheckpointFolder(tmp_path, prefix="../x")
    with pytest.raises(ValueError, match="Checkpoints: expected monitor among epoch.*got 'nothing'"):
        make(Checkpoints(tmp_path, monitor="nothing", mode="min")).fit(loader(), 1)


def test_a_folder_of_another_run_is_refused_and_nothing_is_deleted(tmp_path):
    make(Checkpoints(tmp_path, monitor="loss")).fit(loader(), 2)
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(
        ValueError, match="another run, got .* with step-00000008.json, .*fit.resume=.*another folder, or"
    ):
        make(Checkpoints(tmp_path)).fit(loader(), 1)
    other = make(seed=4)
    other.fit(loader(), 1)
    other.callbacks.append(Checkpoints(tmp_path))  # it has steps, but they are not those
    with pytest.raises(ValueError, match="another run"):
        other.fit(loader(), 2)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files
    for path in tmp_path.glob("step-*"):
        path.unlink()
    with pytest.raises(ValueError, match="another run, got .* with best-00000008.json"):
        make(Checkpoints(tmp_path)).fit(loader(), 1)


def test_a_run_knows_its_own_folder(tmp_path):
    run = make(Checkpoints(tmp_path))
    run.fit(loader(), 1)
    run.fit(loader(), 2)  # the same trainer
    again = make(Checkpoints(tmp_path), seed=9)
    again.load_state_dict(load_checkpoint(tmp_path / "step-00000004.json"))  # by hand, from an earlier one
    again.fit(loader(), 2)
    assert steps(tmp_path) == [8, 4]
    other = make(Checkpoints(tmp_path / "copy"), seed=9)
    other.fit(loader(), 3, resume=tmp_path)
    assert steps(tmp_path / "copy") == [12]
    assert steps(tmp_path) == [8, 4]


def test_a_folder_with_nothing_but_damaged_checkpoints_is_refused(tmp_path):
    (tmp_path / "step-00000008.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="another run"):
        make(Checkpoints(tmp_path)).fit(loader(), 1)
    assert (tmp_path / "step-00000008.json").exists()


def test_the_last_state_is_saved_before_the_best_weights_are_put_back(tmp_path):
    class Feed(Callback):
        def on_epoch_end(self, trainer):
            trainer.history.rows[-1]["fed"] = -trainer.epoch

    straight = make()
    straight.fit(loader(), 3)
    kinds = [
        Checkpoints(tmp_path, monitor="fed", mode="max", restore_best=True),
        EarlyStopping("fed", 9, "max", 0, True),
    ]
    make(Feed(), *kinds, At(6, interrupt)).fit(loader(), 3)
    kinds = [Checkpoints(tmp_path, monitor="fed", mode="max"), EarlyStopping("fed", 9, "max", 0, True)]
    again = make(Feed(), *kinds, seed=99)
    again.fit(loader(), 3, resume=tmp_path)
    assert again.history.loss == straight.history.loss
    best = load_checkpoint(tmp_path / "best-00000004.json")["model"]
    assert end(again) == [best[name].numpy().tobytes() for name, _ in again.model.named_parameters()]


def stop(trainer):
    trainer.stop("enough")


def test_a_step_that_is_taken_again_is_saved_again(tmp_path):
    run = make(At(6, stop), Checkpoints(tmp_path))
    run.fit(loader(), 2)
    assert steps(tmp_path) == [6, 4]
    run.resume(tmp_path / "step-00000004.json")
    (tmp_path / "step-00000006.json").unlink()
    run.fit(loader(), 2)
    assert steps(tmp_path) == [6, 4]


def test_a_best_epoch_that_an_error_kept_from_being_saved_is_forgotten(tmp_path):
    class Fail(Callback):
        def on_epoch_end(self, trainer):
            raise OSError("no space")

    run = make(Checkpoints(tmp_path, every_steps=5, monitor="loss"), Fail(), At(5, stop))
    with pytest.raises(OSError, match="no space"):
        run.fit(loader(), 2)
    run.fit(loader(), 2)
    assert steps(tmp_path) == [5]
    assert steps(tmp_path, "best") == []


def test_best_weights_without_a_name_to_judge_by_are_refused(tmp_path):
    with pytest.raises(ValueError, match="Checkpoints: expected monitor with restore_best=True"):
        Checkpoints(tmp_path, restore_best=True)


def test_a_step_is_saved_once(tmp_path, monkeypatch):
    saved, save = [], CheckpointFolder.save
    monkeypatch.setattr(
        CheckpointFolder, "save", lambda self, state, step: saved.append(step) or save(self, state, step)
    )
    make(Checkpoints(tmp_path, every_steps=2)).fit(loader(), 1)
    assert saved == [2, 4]


def test_a_state_of_something_else_is_refused(tmp_path):
    for callback, wanted in ((Checkpoints(tmp_path), "nothing in it"), (Checkpoints(tmp_path, monitor="loss"), "best")):
        with pytest.raises(ValueError, match=f"Checkpoints: expected a state with {wanted}, got x"):
            callback.load_state_dict({"x": 1})
