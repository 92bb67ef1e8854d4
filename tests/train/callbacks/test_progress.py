"""`ProgressBar`: lines, and the bar on a terminal."""

import io
import itertools
import re
from types import SimpleNamespace

import pytest
from fed_runs import trainer

import tinygrad_cnn as tg
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.train import (
    Callback,
    ProgressBar,
)
from tinygrad_cnn.train.callbacks import progress


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


class Look(Callback):
    """Notes what the bar shows after each step."""

    def __init__(self, bar):
        self.bar, self.seen = bar, []

    def on_epoch_start(self, trainer):
        self.begun = self.bar._bar.tasks[0].completed

    def on_step_end(self, trainer):
        task = self.bar._bar.tasks[0]
        self.seen.append((task.description, task.completed, task.total, task.fields["state"]))


@pytest.fixture
def seconds(monkeypatch):
    """A clock that moves on by a second each time it is read."""
    ticks = itertools.count()
    monkeypatch.setattr(progress, "time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))


def batches():
    return [(tg.randn(n, 2), tg.zeros(n).long()) for n in (1, 2, 3)]


def test_the_bar_shows_epoch_step_loss_accuracy_and_recent_speed(seconds):
    console = pytest.importorskip("rich.console").Console(file=io.StringIO(), force_terminal=True)
    bar = ProgressBar(console, lines=False)
    look = Look(bar)
    run = trainer(bar, look)
    run.fit(batches(), 2)
    assert [seen[:3] for seen in look.seen] == [(f"epoch {1 + i // 3}/2", i + 1, 6) for i in range(6)]
    found = [re.fullmatch(r"loss \d+\.\d{4}  accuracy [01]\.\d{4}  (\d+) images/s", seen[3]) for seen in look.seen]
    # The first step gives a speed of 1; more than 2 s later, in the next epoch, it is that of 1 + 2 + 3 images in 3 s.
    assert [int(match[1]) for match in found] == [1, 1, 1, 1, 1, 2]
    assert bar._bar is None
    run.fit(batches(), 3)
    assert look.begun == 6


def test_a_line_has_the_seconds_of_its_epoch_and_no_measure_without_a_metric(seconds):
    console = pytest.importorskip("rich.console").Console(file=io.StringIO(), highlight=False)
    run = trainer(ProgressBar(console))
    run.running.metrics.clear()
    run.fit(batches(), 1)
    assert re.fullmatch(r"epoch 1/1  loss \d+\.\d{4}  lr 0\.1  4\.0 s\n", console.file.getvalue())


def test_a_bar_that_was_never_shown_can_be_taken_away():
    pytest.importorskip("rich")
    ProgressBar().on_fit_end(None, None)  # as after an error in another callback's on_fit_start


def test_a_line_is_printed_where_the_encoding_lacks_its_letters(loader):
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = pytest.importorskip("rich.console").Console(file=file, width=200)
    run = trainer(ProgressBar(console))
    run.running.metrics["größe"] = run.running.metrics.pop("accuracy")
    run.fit(loader, 1)
    file.flush()
    assert b"epoch 1/1" in file.buffer.getvalue()
