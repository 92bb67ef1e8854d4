"""The training loop: what it computes, when it stops, what it leaves behind."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.train import Accuracy, Callback, ConfusionMatrix, Trainer
from tinygrad_cnn.train import trainer as loop


def loader(points, batch_size=16, shuffle=True):
    return DataLoader(TensorDataset(*points), batch_size=batch_size, shuffle=shuffle)


def trainer(model, lr=0.5, **kwargs):
    return Trainer(model, optim.SGD(model.parameters(), lr=lr), F.cross_entropy, **kwargs)


def weights(model):
    return [p.detach().numpy().copy() for p in model.parameters()]


def assert_same_bits(a, b):
    for p, q in zip(a, b, strict=True):
        np.testing.assert_array_equal(p, q)


class Recorder(nn.Module):
    """A linear layer that notes in which mode it was called."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.frozen = nn.Dropout(0.5).eval()
        self.modes = []

    def forward(self, x):
        self.modes.append(self.training)
        return self.layer(x)


class Calls(Callback):
    """Notes every call, with where the run is."""

    def __init__(self):
        self.calls = []

    def __getattribute__(self, name):
        if name in {"on_fit_start", "on_epoch_start", "before_step", "on_step_end", "on_epoch_end", "at_rest"}:
            return lambda run: self.calls.append((name, run.epoch, run.step, run.batch))
        return super().__getattribute__(name)


class StopAfter(Callback):
    def __init__(self, step, action=None):
        self.step = step
        self.action = action

    def on_step_end(self, trainer):
        if trainer.step == self.step:
            self.action() if self.action else trainer.stop("enough")


def test_fit_gives_the_bits_of_the_usual_loop(points):
    model, twin = nn.Linear(2, 2), nn.Linear(2, 2)
    twin.load_state_dict(model.state_dict())
    tg.manual_seed(7)
    history = trainer(model).fit(loader(points), 3)
    tg.manual_seed(7)
    optimizer = optim.SGD(twin.parameters(), lr=0.5)
    losses = []
    for _ in range(3):
        for x, t in loader(points):
            optimizer.zero_grad()
            loss = F.cross_entropy(twin(x), t)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert history.loss == losses
    assert_same_bits(weights(model), weights(twin))


def test_rows_hold_what_was_measured(points):
    model = nn.Linear(2, 2)
    run = trainer(model, metrics={"accuracy": Accuracy()})
    x, t = points
    whole = loader(points, 60, shuffle=False)
    history = run.fit(loader(points), 20, validation=whole)
    assert history is run.history
    assert history.names == [
        "epoch", "step", "loss", "accuracy", "validation_loss", "validation_accuracy", "lr", "seconds",
    ]  # fmt: skip
    assert history.column("epoch") == list(range(1, 21))
    assert history.column("step") == list(range(4, 81, 4))
    assert history.column("lr") == [0.5] * 20
    assert history.column("validation_loss")[-1] == pytest.approx(F.cross_entropy(model(x), t).item())
    assert history.column("validation_accuracy")[-1] == (model(x).argmax(1) == t).float().mean().item() > 0.95
    sizes = np.array([16, 16, 16, 12])
    assert history.column("loss")[0] == pytest.approx(float((np.array(history.loss[:4]) * sizes).sum() / 60))
    seconds = history.column("seconds")
    assert seconds == sorted(seconds)
    with pytest.raises(KeyError, match="measured names .epoch, step, loss.*got 'acc'"):
        history.column("acc")


def test_several_sets_are_measured_by_name(points):
    run = trainer(nn.Linear(2, 2), metrics={"accuracy": Accuracy()})
    row = run.fit(loader(points), 1, validation={"train": loader(points), "test": loader(points)}).rows[0]
    assert row["train_accuracy"] == row["test_accuracy"]
    assert {"loss", "accuracy", "train_loss", "test_loss"} <= set(row)


def test_rows_hold_the_numbers_that_metrics_compute_and_no_matrices(points):
    class Constant(Accuracy):
        def __init__(self, value):
            super().__init__()
            self.value = value

        def compute(self):
            return self.value

    metrics = {"a": Constant(np.float32(0.5)), "b": Constant(tg.tensor(2.0)), "c": ConfusionMatrix(2), "d": Constant(3)}
    row = trainer(nn.Linear(2, 2), metrics=metrics).fit(loader(points), 1).rows[0]
    assert (row["a"], row["b"], row["d"]) == (0.5, 2.0, 3)
    assert "c" not in row
    assert {type(value) for value in row.values()} == {int, float}


def test_after_an_error_the_epoch_begins_again(points):
    def fail():
        raise OSError("the disk is full")

    run = trainer(nn.Linear(2, 2), callbacks=[StopAfter(2)])
    one = loader(points)
    run.fit(one, 1)  # stopped within the epoch
    run.callbacks = [StopAfter(3, fail)]
    with pytest.raises(OSError, match="full"):
        run.fit(one, 1)
    run.callbacks = []
    assert len(run.fit(one, 1).loss) == 3 + 4


def test_measuring_is_done_in_evaluation_mode_and_modes_are_put_back(points):
    model = Recorder()
    run = trainer(model)
    run.fit(loader(points, 60), 2, validation=loader(points, 30))
    assert model.modes == [True, False, False] * 2
    assert model.training
    model.layer.eval()
    run.evaluate(loader(points))
    assert (model.training, model.layer.training) == (True, False)
    assert not run.predict(points[0]).requires_grad


def test_evaluate_and_predict_go_over_uneven_batches(points):
    model = nn.Linear(2, 2)
    run = trainer(model, metrics={"accuracy": Accuracy()})
    found = run.evaluate(loader(points, 7))
    assert found["loss"] == pytest.approx(F.cross_entropy(model(points[0]), points[1]).item(), rel=1e-6)
    matrix = run.evaluate(loader(points, 7), {"confusion": ConfusionMatrix(2)})["confusion"]
    assert matrix.trace() / matrix.sum() == found["accuracy"]
    expected = model(points[0]).detach().numpy()
    halves = [points[0][:7], points[0][7:]]
    for inputs in (points[0], loader(points, 7, shuffle=False), halves, [(half, None) for half in halves]):
        np.testing.assert_allclose(run.predict(inputs, batch_size=13).numpy(), expected, rtol=1e-6)


def test_the_last_step_of_an_epoch_may_have_fewer_batches(points):
    calls = Calls()
    history = trainer(nn.Linear(2, 2), accumulate=3, callbacks=[calls]).fit(loader(points), 2)
    assert len(history.loss) == 4
    assert [call[1:] for call in calls.calls if call[0] == "on_step_end"] == [
        (0, 1, 3), (0, 2, 4), (1, 3, 3), (1, 4, 4),
    ]  # fmt: skip


def test_hooks_come_in_order(points):
    calls = Calls()
    trainer(nn.Linear(2, 2), callbacks=[calls]).fit(loader(points, 30), 1)
    assert calls.calls == [
        ("on_fit_start", 0, 0, 0), ("on_epoch_start", 0, 0, 0),
        ("before_step", 0, 0, 0), ("on_step_end", 0, 1, 1), ("at_rest", 0, 1, 1),
        ("before_step", 0, 1, 1), ("on_step_end", 0, 2, 2),
        ("on_epoch_end", 1, 2, 0), ("at_rest", 1, 2, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["no length", "a length that raises"])
def test_a_loader_without_a_length_trains_the_same(points, kind):
    class Endless:
        def __iter__(self):
            return iter(loader(points, shuffle=False))

    if kind == "a length that raises":
        Endless.__len__ = lambda self: len(3)

    model, twin = nn.Linear(2, 2), nn.Linear(2, 2)
    twin.load_state_dict(model.state_dict())
    trainer(model).fit(Endless(), 2)
    trainer(twin).fit(loader(points, shuffle=False), 2)
    assert_same_bits(weights(model), weights(twin))


def test_modules_in_evaluation_mode_stay_there(points):
    """Running statistics of a frozen layer do not move, also in the second epoch and after measuring."""

    def moves(model):
        before = model[1].running_mean.tolist()
        trainer(model).fit(loader(points, 30), 2, validation=loader(points, 30))
        return model[1].running_mean.tolist() != before

    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))
    model[1].eval()
    assert not moves(model)
    assert (model.training, model[1].training) == (True, False)
    model.train()
    assert moves(model)
    model.eval()  # as after predicting: the whole model trains again
    assert moves(model)
    assert model[1].training


def test_what_was_frozen_stays_so_when_the_whole_model_was_put_into_evaluation_mode_between(points):
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5))
    model[1].eval()
    run = trainer(model)
    run.fit(loader(points), 1)
    model.eval()
    run.fit(loader(points), 2)
    assert [module.training for module in model] == [True, False, True]


def test_a_callback_may_freeze_and_thaw_between_epochs(points):
    class Thaw(Callback):
        def on_epoch_start(self, trainer):
            trainer.model[1].train(trainer.epoch == 1)
            self.means.append(trainer.model[1].running_mean.tolist())

    thaw = Thaw()
    thaw.means = []
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    trainer(model, callbacks=[thaw]).fit(loader(points), 3)
    assert thaw.means[0] == thaw.means[1] == [0, 0]
    assert thaw.means[2] == model[1].running_mean.tolist() != [0, 0]


def test_a_repr_is_one_line(points):
    run = trainer(nn.Linear(2, 2), accumulate=2)
    run.fit(loader(points), 1)
    assert repr(run) == "Trainer(Linear, SGD, cross_entropy, accumulate=2, epoch=1, step=2)"


def test_a_callback_may_end_the_run_within_an_epoch_and_fit_goes_on_there(points):
    tg.manual_seed(3)
    model = nn.Linear(2, 2)
    straight = trainer(model).fit(loader(points), 2)
    end = weights(model)
    tg.manual_seed(3)
    model = nn.Linear(2, 2)
    run = trainer(model, callbacks=[StopAfter(3)])
    one = loader(points)
    history = run.fit(one, 2)
    assert (history.stopped, history.interrupted, len(history.loss), history.rows) == ("enough", False, 3, [])
    history = run.fit(one, 2)
    assert (history.stopped, len(history.rows)) == ("", 2)
    assert history.loss == straight.loss
    assert_same_bits(weights(model), end)


def test_without_a_state_of_the_loader_the_epoch_begins_again(points):
    run = trainer(nn.Linear(2, 2), callbacks=[StopAfter(3)])
    batches = list(loader(points))
    run.fit(batches, 1)
    assert not run.resumable
    run.callbacks.append(calls := Calls())
    history = run.fit(batches, 1)
    assert len(history.loss) == 3 + 4
    assert [batch for name, _, _, batch in calls.calls if name == "on_step_end"] == [1, 2, 3, 4]
    sizes = np.array([len(x) for x, _ in batches])
    assert history.rows[0]["loss"] == pytest.approx(float((np.array(history.loss[3:]) * sizes).sum() / 60))
    assert run.resumable


def test_with_another_loader_that_has_no_state_the_epoch_begins_again(points):
    run = trainer(nn.Linear(2, 2), callbacks=[StopAfter(3)])
    run.fit(loader(points), 1)
    assert run.resumable
    assert len(run.fit(list(loader(points)), 1).loss) == 3 + 4


def test_epochs_of_earlier_calls_count(points):
    run = trainer(nn.Linear(2, 2))
    run.fit(loader(points), 2)
    assert len(run.fit(loader(points), 3).rows) == 3
    assert len(run.fit(loader(points), 3).rows) == 3


def test_bad_arguments_are_refused(points):
    run = trainer(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="epochs of at least 1, got 0"):
        run.fit(loader(points), 0)
    with pytest.raises(ValueError, match="accumulate of at least 1 batch, got 0"):
        trainer(nn.Linear(2, 2), accumulate=0)
    with pytest.raises(ValueError, match="a loader that yields batches, got none"):
        run.fit(iter([]), 1)
    with pytest.raises(ValueError, match=r"batches of \(inputs, targets\), got 3 parts"):
        run.fit([(points[0], points[1], points[1])], 1)
    with pytest.raises(ValueError, match=r"batches of \(inputs, targets\), got Tensor"):
        run.fit([points[0]], 1)
    with pytest.raises(ValueError, match="at least one batch, got none"):
        run.evaluate([])
    with pytest.raises(ValueError, match="at least one input, got none"):
        run.predict([])
    assert math.isnan(run.loss)


def test_the_first_reason_to_stop_counts(points):
    class Twice(Callback):
        def on_step_end(self, trainer):
            trainer.stop("first")
            trainer.stop("second")

    assert trainer(nn.Linear(2, 2), callbacks=[Twice()]).fit(loader(points), 1).stopped == "first"


def test_measuring_a_set_leaves_the_sums_of_the_epoch_alone(points):
    run = trainer(nn.Linear(2, 2), metrics={"accuracy": Accuracy()})
    run.fit(loader(points), 1)
    before = run.running.state_dict()
    run.evaluate(loader(points))
    assert run.running.state_dict() == before


def test_before_the_first_step_nothing_is_measured():
    run = trainer(nn.Linear(2, 2))
    assert (run.epochs, run.batches, run.samples) == (0, None, 0)
    assert math.isnan(run.loss)
    assert math.isnan(run.lr)


def test_how_an_earlier_run_ended_is_forgotten_when_the_next_begins(points):
    seen = []

    class Look(Callback):
        def on_step_end(self, trainer):
            seen.append((trainer.history.stopped, trainer.history.interrupted))

    run = trainer(nn.Linear(2, 2), callbacks=[StopAfter(1), Look()])
    assert run.fit(loader(points), 1).stopped == "enough"
    run.history.interrupted = True
    run.fit(loader(points), 1)
    assert seen == [("", False)] * 4


def test_the_seconds_of_a_run_count_on_from_step_to_step_and_over_measuring(monkeypatch):
    monkeypatch.setattr(loop, "time", SimpleNamespace(perf_counter=itertools.count().__next__))
    seen = []

    class Look(Callback):
        def on_step_end(self, trainer):
            seen.append(trainer.state_dict()["progress"]["seconds"])

        def on_epoch_end(self, trainer):
            seen.append(trainer.state_dict()["progress"]["seconds"])

    batches = DataLoader(TensorDataset(tg.ones(2, 2), tg.tensor([0, 1])), batch_size=1)
    history = trainer(nn.Linear(2, 2), callbacks=[Look()]).fit(batches, 2)
    assert seen == [1, 2, 3, 4, 5, 6]
    assert history.column("seconds") == [3, 6]
