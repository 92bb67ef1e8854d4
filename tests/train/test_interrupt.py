"""Ctrl-C in a run: the first one ends it after the step, the second one at once."""

import os
import signal
import threading
import time

import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.train import Callback, Trainer
from tinygrad_cnn.train.interrupt import Interrupt


@pytest.fixture
def points():
    """Two clouds that a line separates."""
    x = tg.randn(60, 2)
    t = (x.sum(1) > 0).long()
    return x + (2 * t.float() - 1).unsqueeze(1), t


def loader(points, batch_size=16, shuffle=True):
    return DataLoader(TensorDataset(*points), batch_size=batch_size, shuffle=shuffle)


def trainer(model, lr=0.5, **kwargs):
    return Trainer(model, optim.SGD(model.parameters(), lr=lr), F.cross_entropy, **kwargs)


class StopAfter(Callback):
    def __init__(self, step, action=None):
        self.step = step
        self.action = action

    def on_step_end(self, trainer):
        if trainer.step == self.step:
            self.action() if self.action else trainer.stop("enough")


def test_ctrl_c_finishes_the_step_and_returns(points):
    before = signal.getsignal(signal.SIGINT)
    run = trainer(nn.Linear(2, 2), callbacks=[StopAfter(6, lambda: os.kill(os.getpid(), signal.SIGINT))])
    history = run.fit(loader(points), 5)
    assert history.interrupted
    assert history.stopped == "interrupted"
    assert (run.step, run.batch, len(history.rows)) == (6, 2, 1)
    assert signal.getsignal(signal.SIGINT) is before
    assert not run.fit(loader(points), 2).interrupted


def test_ctrl_c_in_the_last_step_of_an_epoch_lets_it_be_measured(points):
    run = trainer(nn.Linear(2, 2), callbacks=[StopAfter(4, lambda: os.kill(os.getpid(), signal.SIGINT))])
    history = run.fit(loader(points), 5, validation=loader(points))
    assert (history.interrupted, run.step, run.batch, run.epoch) == (True, 4, 0, 1)
    assert "validation_loss" in history.rows[0]


def test_a_second_ctrl_c_ends_at_once(points):
    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)

    run = trainer(nn.Linear(2, 2), callbacks=[StopAfter(1, twice)])
    with pytest.raises(KeyboardInterrupt):
        run.fit(loader(points), 1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_training_in_another_thread_leaves_signals_alone(points):
    run = trainer(nn.Linear(2, 2))
    thread = threading.Thread(target=run.fit, args=(loader(points), 2))
    thread.start()
    thread.join()
    assert run.epoch == 2


def test_where_ctrl_c_is_ignored_it_stays_ignored():
    interrupt = Interrupt()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupt.caught():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGINT)
        assert not interrupt.wanted
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_earlier_ctrl_c_is_forgotten_and_the_handler_comes_back_after_an_error():
    interrupt = Interrupt()
    before = signal.getsignal(signal.SIGINT)
    with interrupt.caught():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        assert interrupt.wanted

    def fail():
        with interrupt.caught():
            assert not interrupt.wanted
            assert signal.getsignal(signal.SIGINT) is not before
            raise OSError("stop")

    with pytest.raises(OSError, match="stop"):
        fail()
    assert signal.getsignal(signal.SIGINT) is before
