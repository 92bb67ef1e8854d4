"""`HistoryFile` and `TensorBoard`: what they write."""

import csv

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.train import (
    Accuracy,
    Callback,
    HistoryFile,
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


def test_history_file_holds_every_bit(loader, tmp_path):
    path = tmp_path / "new" / "history.csv"
    history = trainer(Feed(1, 0.1 + 0.2), HistoryFile(path)).fit(loader, 2)
    assert path.read_text(encoding="utf-8").startswith("epoch,step,loss,accuracy,lr,seconds,fed\n1,4,")
    with path.open(newline="", encoding="utf-8") as file:
        rows = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]
    assert rows == history.rows


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
