"""The training loop and the accuracy."""

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.train import accuracy, fit


@pytest.fixture
def points():
    """Two clouds that a line separates."""
    x = tg.randn(60, 2)
    t = (x.sum(1) > 0).long()
    return x + (2 * t.float() - 1).unsqueeze(1), t


class Recorder(nn.Module):
    """A linear layer that notes in which mode it was called."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.modes = []

    def forward(self, x):
        self.modes.append(self.training)
        return self.layer(x)


def test_fit_learns_and_records(points):
    x, t = points
    model = nn.Linear(2, 2)
    calls = []
    history = fit(
        model,
        DataLoader(TensorDataset(x, t), batch_size=16, shuffle=True),
        optim.SGD(model.parameters(), lr=0.5),
        F.cross_entropy,
        epochs=20,
        evaluate=lambda: {"train": accuracy(model, x, t)},
        on_step=lambda epoch, step, loss: calls.append((epoch, step, loss)),
        on_epoch=lambda epoch, measured: calls.append((epoch, measured)),
    )
    assert len(history.loss) == 20 * 4
    assert history.loss[-1] < history.loss[0] / 2
    assert history.metrics["train"][-1] > 0.95
    assert [call[:2] for call in calls[:4]] == [(1, 1), (1, 2), (1, 3), (1, 4)]
    assert calls[4] == (1, {"train": history.metrics["train"][0]})
    assert [call[2] for call in calls if len(call) == 3] == history.loss


def test_fit_trains_in_training_mode_and_evaluates_in_evaluation_mode(points):
    x, t = points
    model = Recorder()
    fit(
        model, [(x, t)], optim.SGD(model.parameters(), lr=0.1), F.cross_entropy, epochs=2,
        evaluate=lambda: {"a": accuracy(model, x, t, batch_size=30)},
    )  # fmt: skip
    assert model.modes == [True, False, False] * 2
    assert model.training


def test_a_non_finite_loss_stops_before_the_step(points):
    x, t = points
    model = nn.Linear(2, 2)
    before = [p.detach().numpy().copy() for p in model.parameters()]
    bad = x.clone()
    bad[0] = float("nan")
    with pytest.raises(FloatingPointError, match="the loss is nan at step 1 of epoch 1"):
        fit(model, [(bad, t)], optim.SGD(model.parameters(), lr=0.1), F.cross_entropy, epochs=1)
    for p, old in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), old)


def test_accuracy_counts_over_uneven_batches():
    model = nn.Sequential()
    scores = tg.tensor([[2.0, 1.0], [0.0, 1.0], [3.0, 0.0], [0.0, 5.0], [1.0, 0.0]])
    assert accuracy(model, scores, tg.tensor([0, 1, 1, 1, 1]), batch_size=2) == 0.6


def test_bad_arguments_are_refused(points):
    x, t = points
    model = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="epochs of at least 1, got 0"):
        fit(model, [], optim.SGD(model.parameters(), lr=0.1), F.cross_entropy, epochs=0)
    with pytest.raises(ValueError, match="got 59 and 60"):
        accuracy(model, x, t[:59])
    with pytest.raises(ValueError, match="at least one, got 0 and 0"):
        accuracy(model, x[:0], t[:0])
