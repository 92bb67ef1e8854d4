"""`HistoryFile` and `TensorBoard`: what they write."""

import csv

import numpy as np
import pytest
from fed_runs import Feed, trainer

from tinygrad_cnn.train import (
    HistoryFile,
    TensorBoard,
)


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
    found = [
        (value.tag, event.step, value.simple_value)
        for event in events(file.read_bytes())
        for value in event.summary.value
    ]
    steps = [(step, value) for tag, step, value in found if tag == "step/loss"]
    assert [step for step, _ in steps] == list(range(1, 9))
    np.testing.assert_allclose([value for _, value in steps], history.loss, rtol=1e-6)
    epochs = [(step, value) for tag, step, value in found if tag == "epoch/accuracy"]
    assert [step for step, _ in epochs] == [4, 8]
    assert {tag for tag, *_ in found} == {"step/loss", "epoch/loss", "epoch/accuracy", "epoch/lr", "epoch/seconds"}


def events(data):
    """Return the records of an event file."""
    from tensorboardX.proto.event_pb2 import Event

    found, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 8], "little")
        found.append(Event.FromString(data[at + 12 : at + 12 + length]))
        at += 16 + length
    return found


def test_tensorboard_hides_what_follows_the_step_to_resume_from_and_closes_its_file(loader, tmp_path):
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import SessionLog

    board = TensorBoard(str(tmp_path))
    board.on_fit_end(None, None)  # a run may fail before the file is opened
    run = trainer(board)
    run.fit(loader, 1)
    assert board._writer is None
    assert board.log_dir == tmp_path
    (first,) = tmp_path.iterdir()
    first.unlink()
    run.fit(loader, 2)
    (second,) = tmp_path.iterdir()
    starts = [one.step for one in events(second.read_bytes()) if one.session_log.status == SessionLog.START]
    assert starts == [5]
