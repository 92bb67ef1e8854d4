"""`ProgressBar`: lines, and the bar on a terminal."""

import io
import re

import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.train import (
    Accuracy,
    Callback,
    ProgressBar,
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
