"""The state of a run: resuming from it, and refusing one that does not fit."""

import warnings

import numpy as np
import pytest
from resumed_runs import At, end, interrupt, loader, make, steps

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.random import default_generator
from tinygrad_cnn.train import Callback, CheckpointFolder, Checkpoints, EarlyStopping, Trainer, load_checkpoint

pytest.importorskip("safetensors")


@pytest.mark.parametrize("stop", [1, 3, 4, 7])
def test_ctrl_c_saves_and_the_run_goes_on_as_if_nothing_had_been(tmp_path, stop):
    straight = make()
    straight.fit(loader(), 3)
    first = make(At(stop, interrupt), Checkpoints(tmp_path))
    assert first.fit(loader(), 3).interrupted
    assert steps(tmp_path)[0] == stop
    again = make(Checkpoints(tmp_path), seed=99)
    history = again.fit(loader(), 3, resume=tmp_path)
    assert history.loss == straight.history.loss
    assert [row["loss"] for row in history.rows] == [row["loss"] for row in straight.history.rows]
    assert end(again) == end(straight)


def test_a_state_within_an_epoch_needs_such_a_loader(tmp_path):
    run = make(At(6, interrupt), Checkpoints(tmp_path))
    run.fit(loader(), 3)
    other = make(Checkpoints(tmp_path), seed=99)
    before = end(other)
    with pytest.raises(ValueError, match="step-00000006.json: expected a loader with load_state_dict, .* within epoch"):
        other.fit(list(loader()), 3, resume=tmp_path)
    assert end(other) == before
    assert (other.epoch, other.step, other.batch) == (0, 0, 0)


def test_an_empty_folder_starts_at_the_beginning(tmp_path):
    run = make(Checkpoints(tmp_path))
    assert len(run.fit(loader(), 1, resume=tmp_path).loss) == 4


def test_a_finished_or_stopped_run_stays_so(tmp_path):
    make(EarlyStopping("loss", patience=1, min_delta=100), Checkpoints(tmp_path)).fit(loader(), 9)
    run = make(EarlyStopping("loss", patience=1, min_delta=100), Checkpoints(tmp_path))
    history = run.fit(loader(), 9, resume=tmp_path)
    assert (run.epoch, history.stopped) == (2, "loss has not improved for 1 epochs")


def test_a_damaged_newest_checkpoint_is_named_and_passed_over(tmp_path):
    straight = make()
    straight.fit(loader(), 3)
    make(Checkpoints(tmp_path)).fit(loader(), 2)
    path = tmp_path / "step-00000008.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    again = make(Checkpoints(tmp_path), seed=99)
    with pytest.warns(UserWarning, match=r"damaged checkpoint skipped: .*step-00000008.safetensors: expected \d+ byte"):
        again.fit(loader(), 3, resume=tmp_path)
    assert end(again) == end(straight)
    assert steps(tmp_path) == [12, 8, 4]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CheckpointFolder(tmp_path).load()


def test_states_that_do_not_fit_are_refused_and_nothing_changes(tmp_path):
    make(Checkpoints(tmp_path / "good")).fit(loader(), 1)
    good = load_checkpoint(tmp_path / "good" / "step-00000004.json")

    run = make(Checkpoints(tmp_path / "other"), seed=5)
    run.fit(loader(), 2)
    run.loader = None
    before, stream = end(run), default_generator.get_state()
    moments = [state["exp_avg"].numpy().tobytes() for state in run.optimizer.state.values()]
    history = run.history

    def broken(**parts):
        return {**good, **parts}

    wrong_shape = {**good["model"], "0.weight": tg.zeros(3, 3)}
    optimizer = good["optimizer"]
    first_moment = {**optimizer["state"], 3: {**optimizer["state"][3], "exp_avg": tg.zeros(7)}}
    for state, text in [
        ([], "expected a state with model, optimizer.*got list"),
        ({"model": {}}, "expected a state with model, optimizer.*got model$"),
        (broken(model=wrong_shape), "0.weight"),
        (broken(model={}), "0.weight"),
        (broken(optimizer={**optimizer, "kind": "SGD"}), "state of the optimizer Adam, got that of SGD"),
        (broken(optimizer={"kind": "Adam"}), "param_groups"),
        (broken(optimizer={**optimizer, "state": first_moment}), "exp_avg of shape"),
        (broken(optimizer={**optimizer, "param_groups": [{}]}), "does not fit.*params"),
        (broken(callbacks={"EarlyStopping": {}}), r"callbacks none, got \['EarlyStopping'\]"),
        (broken(progress={"epoch": -1, "step": 0, "batch": 0, "seconds": 0.0}), "epoch, step and batch as ints"),
        (broken(progress={"epoch": 1.5, "step": 0, "batch": 0, "seconds": 0.0}), "epoch, step and batch as ints"),
        (broken(progress={}), "does not fit.*epoch"),
        (broken(history={"loss": "x", "rows": []}), "x"),
        (broken(history={"loss": [], "rows": 5}), "does not fit"),
        (broken(running={"loss": 0, "samples": 0, "metrics": {"x": {}}}), "metrics"),
        (broken(random={**good["random"], "own": {"x": {}}}), r"generators \[\], got \['x'\]"),
        (broken(random={**good["random"], "default": {}}), "states of random streams"),
        (broken(random={**good["random"], "python": (3, (1, 2), None)}), "states of random streams"),
        (broken(random={**good["random"], "numpy": {"state": {"key": [-1]}}}), "states of random streams"),
        (broken(loader={"generators": [], "batches": 0}), "load_state_dict"),
    ]:
        with pytest.raises(ValueError, match=text):
            run.load_state_dict(state)
        assert end(run) == before, text
        assert [s["exp_avg"].numpy().tobytes() for s in run.optimizer.state.values()] == moments
        assert (run.epoch, run.step, run.batch, run.history.loss) == (2, 8, 0, history.loss)
        assert default_generator.get_state() == stream
    run.load_state_dict(good)
    assert run.step == 4


def test_other_versions_are_pointed_out(tmp_path, monkeypatch):
    make(Checkpoints(tmp_path)).fit(loader(), 1)
    monkeypatch.setattr(np, "__version__", "99.0")
    with pytest.warns(UserWarning, match=r"written with numpy .*, now 99.0: the run may not continue bit for bit"):
        make(Checkpoints(tmp_path)).fit(loader(), 1, resume=tmp_path)


class Draw(Callback):
    """Draws a number after each step from a stream of its own."""

    def __init__(self, generator):
        self.generator = generator
        self.numbers = []

    def on_step_end(self, trainer):
        self.numbers.append(tg.rand(1, generator=self.generator).item())


def drawn(folder, epochs, resume=None):
    draw = Draw(tg.Generator().manual_seed(5 if resume is None else 99))
    model = nn.Linear(2, 2)
    trainer = Trainer(
        model,
        optim.SGD(model.parameters(), lr=0.1),
        F.cross_entropy,
        callbacks=[draw, Checkpoints(folder)],
        generators={"mine": draw.generator},
    )
    batches = [(tg.ones(3, 2), tg.tensor([0, 1, 0]))] * 2
    trainer.fit(batches, epochs, resume=resume)
    return draw.numbers


def test_a_stream_of_ones_own_goes_on_after_a_checkpoint(tmp_path):
    straight = drawn(tmp_path / "straight", 2)
    first = drawn(tmp_path / "stopped", 1)
    assert first + drawn(tmp_path / "stopped", 2, resume=tmp_path / "stopped") == straight
    assert len(set(straight)) == 4
