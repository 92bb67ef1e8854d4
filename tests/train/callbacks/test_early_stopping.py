"""`EarlyStopping`: when it ends a run, what it refuses, which weights it leaves."""

import math
import os
import signal

import pytest
from fed_runs import Feed, trainer

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.train import (
    Callback,
    Checkpoints,
    EarlyStopping,
)


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


def test_a_resumed_run_that_had_stopped_stops_before_its_first_epoch(loader):
    done, fresh = EarlyStopping("fed", patience=1, mode="min"), EarlyStopping("fed", patience=1, mode="min")
    trainer(Feed(1, 2), done).fit(loader, 2)
    fresh.load_state_dict(done.state_dict())
    history = trainer(Feed(0), fresh).fit(loader, 1)
    assert (history.loss, history.stopped) == ([], "fed has not improved for 1 epochs")


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


def test_a_state_holds_the_best_value_the_patience_and_a_copy_of_the_weights(loader):
    done = EarlyStopping("fed", patience=3, mode="min", restore_best=True)
    run = trainer(Feed(1, 2), done)
    run.fit(loader, 2)
    best = run.model.weight.tolist()
    state = done.state_dict()
    fresh = EarlyStopping("fed", patience=3, mode="min", restore_best=True)
    fresh.load_state_dict(state)
    assert (fresh.best.value, fresh.best.epoch, fresh.bad_epochs) == (1, 1, 1)
    state["weights"]["weight"].data.zero_()
    run.model.weight.data.zero_()
    assert fresh.load_best(run.model) == 1
    assert run.model.weight.tolist() == best
    assert set(EarlyStopping("fed", mode="min").state_dict()) == {"best", "bad_epochs"}
    with pytest.raises(ValueError, match="EarlyStopping: expected a state with best, bad_epochs, weights, got x"):
        fresh.load_state_dict({"x": 1})
