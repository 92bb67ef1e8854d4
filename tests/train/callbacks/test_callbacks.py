"""Each callback in a run: what it does, what it remembers, what it refuses."""

import csv
import io
import math
import os
import re
import signal
import sys

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau, StepLR
from tinygrad_cnn.train import (
    Accuracy,
    Callback,
    Checkpoints,
    ClipGradients,
    EarlyStopping,
    HistoryFile,
    LRSchedule,
    ProgressBar,
    TensorBoard,
    Trainer,
)


@pytest.fixture
def loader():
    x = tg.randn(20, 2)
    return DataLoader(TensorDataset(x, (x.sum(1) > 0).long()), batch_size=5)


def trainer(*callbacks, lr=0.1, model=None):
    model = nn.Linear(2, 2) if model is None else model
    optimizer = optim.SGD(model.parameters(), lr=lr)
    made = [callback(optimizer) if not isinstance(callback, Callback) else callback for callback in callbacks]
    return Trainer(model, optimizer, F.cross_entropy, metrics={"accuracy": Accuracy()}, callbacks=made)


class Feed(Callback):
    """Puts numbers into the rows."""

    def __init__(self, *numbers):
        self.numbers = numbers

    def on_epoch_end(self, trainer):
        trainer.history.rows[-1]["fed"] = self.numbers[trainer.epoch - 1]


def test_early_stopping_waits_for_patience(loader):
    stopping = EarlyStopping("fed", patience=2, mode="min")
    history = trainer(Feed(3, 2, 2, 1.9, 5, math.nan, 0), stopping).fit(loader, 7)
    assert len(history.rows) == 6
    assert history.stopped == "fed has not improved for 2 epochs"
    assert not history.interrupted
    assert stopping.best.value == 1.9


def test_early_stopping_climbs_and_wants_a_margin(loader):
    history = trainer(Feed(1, 2, 2.4, 2.6), EarlyStopping("fed", patience=1, mode="max", min_delta=0.5)).fit(loader, 4)
    assert len(history.rows) == 3


def test_early_stopping_refuses(loader):
    with pytest.raises(ValueError, match="monitor among epoch, step, loss, accuracy, lr, seconds, got 'val_loss'"):
        trainer(EarlyStopping("val_loss")).fit(loader, 1)
    for kwargs, text in [
        ({"patience": 0}, "patience of at least 1 epoch, got 0"), ({"mode": "up"}, "'min' or 'max', got 'up'"),
        ({"min_delta": -1}, "min_delta of at least 0, got -1"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=text):
            EarlyStopping(**kwargs)


def test_schedules_step_after_epochs_or_steps(loader):
    history = trainer(lambda o: LRSchedule(StepLR(o, 2, gamma=0.5)), lr=1.0).fit(loader, 5)
    assert history.column("lr") == [1.0, 1.0, 0.5, 0.5, 0.25]
    history = trainer(lambda o: LRSchedule(ExponentialLR(o, 0.5), every="step"), lr=1.0).fit(loader, 2)
    assert history.column("lr") == [0.5**3, 0.5**7]  # that of the last step
    history = trainer(Feed(1, 1, 1), lambda o: LRSchedule(ReduceLROnPlateau(o, patience=0), monitor="fed"), lr=1.0).fit(
        loader, 3
    )
    assert history.column("lr") == pytest.approx([1.0, 1.0, 0.1])


def test_schedules_refuse(loader):
    optimizer = optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    with pytest.raises(ValueError, match="'epoch' or 'step', got 'batch'"):
        LRSchedule(StepLR(optimizer, 2), every="batch")
    with pytest.raises(ValueError, match="no monitor with others, got StepLR"):
        LRSchedule(StepLR(optimizer, 2), monitor="loss")
    with pytest.raises(ValueError, match="expected monitor .* with ReduceLROnPlateau"):
        LRSchedule(ReduceLROnPlateau(optimizer))
    with pytest.raises(ValueError, match="monitor among .* got 'x'"):
        trainer(lambda o: LRSchedule(ReduceLROnPlateau(o), monitor="x")).fit(loader, 1)
    with pytest.raises(ValueError, match="a StepLR made for another one"):
        trainer(LRSchedule(StepLR(optimizer, 2))).fit(loader, 1)
    schedule, other = LRSchedule(StepLR(optimizer, 2)), LRSchedule(ExponentialLR(optimizer, 0.5))
    with pytest.raises(ValueError, match="the state of a StepLR, got that of a ExponentialLR"):
        schedule.load_state_dict(other.state_dict())
    state = schedule.state_dict()
    with pytest.raises(ValueError, match="StepLR: expected a state with .* got .*step"):
        schedule.load_state_dict({**state, "scheduler": {**state["scheduler"], "step": 1}})


def test_gradients_are_clipped_before_the_step(loader):
    model = nn.Linear(2, 2)
    before = [p.detach().numpy().copy() for p in model.parameters()]
    trainer(ClipGradients(max_norm=0.01), lr=1.0, model=model).fit([next(iter(loader))], 1)
    change = [p.detach().numpy() - old for p, old in zip(model.parameters(), before, strict=True)]
    assert math.sqrt(sum((c**2).sum() for c in change)) == pytest.approx(0.01, rel=1e-3)
    trainer(ClipGradients(clip_value=0.002), lr=1.0, model=model).fit([next(iter(loader))], 1)
    assert max(abs(p.grad.numpy()).max() for p in model.parameters()) == np.float32(0.002)
    for kwargs in ({}, {"max_norm": 0}, {"clip_value": -1.0}, {"max_norm": 1.0, "clip_value": 0}):
        with pytest.raises(ValueError, match="expected a positive max_norm or clip_value"):
            ClipGradients(**kwargs)


def test_history_file_holds_every_bit(loader, tmp_path):
    path = tmp_path / "new" / "history.csv"
    history = trainer(Feed(1, 0.1 + 0.2), HistoryFile(path)).fit(loader, 2)
    assert path.read_text(encoding="utf-8").startswith("epoch,step,loss,accuracy,lr,seconds,fed\n1,4,")
    with path.open(newline="", encoding="utf-8") as file:
        rows = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]
    assert rows == history.rows


def test_progress_prints_a_line_an_epoch_away_from_a_terminal(loader):
    console = pytest.importorskip("rich.console").Console(file=io.StringIO(), width=40, highlight=False)
    trainer(ProgressBar(console)).fit(loader, 10, validation=loader)
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 10
    number = r"\d+\.\d{4}"
    both = f"loss {number}, accuracy {number}"
    assert re.fullmatch(rf"epoch  3/10  {both}  validation {both}  lr 0\.1  \d+\.\d s", lines[2])


def test_progress_shows_a_bar_on_a_terminal_and_takes_it_away(loader):
    console = pytest.importorskip("rich.console").Console(
        file=io.StringIO(), width=120, highlight=False, force_terminal=True
    )
    bad = DataLoader(TensorDataset(tg.full((3, 2), float("nan")), tg.zeros(3).long()))
    trainer(ProgressBar(console, lines=False)).fit(loader, 2)
    out = console.file.getvalue()
    assert "epoch 2/2" in out  # it is drawn ten times a second
    assert "images/s" in out
    assert "left" in out
    run = trainer(ProgressBar(console))
    with pytest.raises(FloatingPointError):
        run.fit(bad, 1)
    assert console.file.getvalue().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")  # the cursor is back, the bar is gone
    trainer(ProgressBar(console)).fit((batch for batch in loader), 1)  # no length: no share and no time left


def test_tensorboard_writes_scalars(loader, tmp_path):
    pytest.importorskip("tensorboardX")
    history = trainer(TensorBoard(tmp_path / "logs")).fit(loader, 2)
    (file,) = (tmp_path / "logs").iterdir()
    found = scalars(file.read_bytes())
    steps = [(step, value) for tag, step, value in found if tag == "step/loss"]
    assert [step for step, _ in steps] == list(range(1, 9))
    np.testing.assert_allclose([value for _, value in steps], history.loss, rtol=1e-6)
    epochs = [(step, value) for tag, step, value in found if tag == "epoch/accuracy"]
    assert [step for step, _ in epochs] == [4, 8]
    assert {tag for tag, *_ in found} == {"step/loss", "epoch/loss", "epoch/accuracy", "epoch/lr", "epoch/seconds"}


def scalars(data):
    """Return (tag, step, value) of the records of an event file."""
    from tensorboardX.proto.event_pb2 import Event

    found, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 8], "little")
        event = Event.FromString(data[at + 12 : at + 12 + length])
        found += [(value.tag, event.step, value.simple_value) for value in event.summary.value]
        at += 16 + length
    return found


@pytest.mark.parametrize(("package", "make", "extra"), [
    ("tensorboardX", lambda: TensorBoard("logs"), "tensorboard"), ("rich", ProgressBar, "cli"),
        ("safetensors", lambda: Checkpoints("folder"), "weights"),
])  # fmt: skip
def test_a_missing_package_is_named(monkeypatch, package, make, extra):
    for name in list(sys.modules):
        if name.split(".")[0] == package:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=rf'needs {package}: pip install "tinygrad-cnn\[{extra}\]"'):
        make()


def test_a_callback_without_a_state_refuses_one():
    with pytest.raises(ValueError, match="Callback: expected a state with nothing in it, got x"):
        Callback().load_state_dict({"x": 1})


class Stop(Callback):
    """Ends the run in a way of its own after an epoch."""

    def __init__(self, epoch, how):
        self.epoch, self.how = epoch, how

    def on_epoch_end(self, trainer):
        if trainer.epoch == self.epoch:
            self.how(trainer)


def fail(_trainer):
    raise OSError("no space")


def poison(trainer):
    trainer.loader.dataset.tensors[0].array[:] = math.nan


ENDINGS = {
    "patience": ([3, 1, 2, 2], 9, None),
    "the last epoch": ([3, 1, 2], 3, None),
    "a callback": ([3, 1, 2], 9, Stop(3, lambda trainer: trainer.stop("enough"))),
    "Ctrl-C": ([3, 1, 2], 9, Stop(3, lambda _: os.kill(os.getpid(), signal.SIGINT))),
    "an error": ([3, 1, 2], 9, Stop(3, fail)),
    "NaN": ([3, 1, 2], 9, Stop(3, poison)),
}


@pytest.mark.parametrize("why", ENDINGS)
@pytest.mark.parametrize("kind", ["EarlyStopping", "Checkpoints"])
def test_the_best_weights_are_put_back_however_the_run_ends(loader, tmp_path, kind, why):
    numbers, epochs, ending = ENDINGS[why]
    weights = []

    class Keep(Callback):
        def at_rest(self, trainer):
            weights.extend([] if trainer.batch else [trainer.model.weight.tolist()])

    if kind == "Checkpoints":
        pytest.importorskip("safetensors")
        keeper = [Checkpoints(tmp_path, monitor="fed", mode="min", restore_best=True)]
        keeper += [EarlyStopping("fed", 2, "min")]
    else:
        keeper = [EarlyStopping("fed", 2, "min", restore_best=True)]
    run = trainer(Feed(*numbers), *keeper, Keep(), *([] if ending is None else [ending]))
    if why in ("an error", "NaN"):
        with pytest.raises((OSError, FloatingPointError)) as caught:
            run.fit(loader, epochs)
        assert "the weights are those of epoch 2, the best by fed" in caught.value.__notes__
    else:
        assert run.fit(loader, epochs).interrupted == (why == "Ctrl-C")
    assert run.model.weight.tolist() == weights[1]
    assert weights[1] != weights[-1] or len(weights) == 2
    run.model.weight.data.zero_()
    assert keeper[0].load_best(run.model) == 2
    assert run.model.weight.tolist() == weights[1]


def test_there_may_be_no_best_weights(loader, tmp_path):
    pytest.importorskip("safetensors")
    model = nn.Linear(2, 2)
    with pytest.raises(RuntimeError, match="EarlyStopping.load_best: expected weights of a best epoch, got none"):
        EarlyStopping().load_best(model)
    with pytest.raises(RuntimeError, match="Checkpoints.load_best: expected the checkpoint of a best epoch in"):
        Checkpoints(tmp_path).load_best(model)
    with pytest.raises(ValueError, match="expected monitor with restore_best=True"):
        Checkpoints(tmp_path, restore_best=True)
    before = model.weight.tolist()
    with pytest.raises(FloatingPointError) as caught:
        trainer(EarlyStopping("loss", restore_best=True), Checkpoints(tmp_path, monitor="loss", restore_best=True),
                model=model).fit([(tg.full((1, 2), math.nan), tg.tensor([0]))], 1)  # fmt: skip
    assert model.weight.tolist() == before
    assert not getattr(caught.value, "__notes__", [])


def test_reprs_are_one_line_with_what_was_given(tmp_path):
    pytest.importorskip("safetensors")
    optimizer = optim.SGD(nn.Linear(2, 2).parameters(), lr=0.5)
    assert repr(EarlyStopping(patience=2)) == (
        "EarlyStopping(monitor='validation_loss', patience=2, mode='min', min_delta=0.0, restore_best=False)"
    )
    assert repr(ClipGradients(max_norm=1.0)) == "ClipGradients(max_norm=1.0, clip_value=None)"
    assert repr(LRSchedule(StepLR(optimizer, 3))) == (
        "LRSchedule(scheduler=StepLR(step_size=3, gamma=0.1, last_epoch=0, lr=[0.5]), every='epoch', monitor=None)"
    )
    assert repr(Checkpoints(tmp_path, monitor="loss")) == (
        f"Checkpoints(folder={tmp_path!r}, every_steps=None, keep=3, monitor='loss', mode='min', restore_best=False)"
    )
    assert repr(Feed(1)) == "Feed(numbers=(1,))"
