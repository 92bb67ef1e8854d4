"""Losses of sets and of accumulated steps: what they are of one large batch, whatever the loss divides by."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.train import Trainer
from tinygrad_cnn.train.batches import divisor_of, not_finite, samples_of

CLASSES = 3
WEIGHTS = tg.tensor([1.0, 5.0, 0.25], dtype=tg.float64)


class Weighted(nn.Module):
    """A loss whose forward is its own: what it divides by has to be said."""

    def forward(self, y, t):
        return (F.cross_entropy(y, t, reduction="none") * (t + 1).double()).sum() / (t + 1).sum()


LOSSES = {
    "cross entropy": (F.cross_entropy, None),
    "some ignored": (nn.CrossEntropyLoss(ignore_index=1), None),
    "class weights": (nn.CrossEntropyLoss(WEIGHTS), None),
    "all of it": (nn.CrossEntropyLoss(WEIGHTS, ignore_index=2, label_smoothing=0.1), None),
    "a partial": (functools.partial(F.cross_entropy, weight=WEIGHTS, ignore_index=0), None),
    "a sum": (nn.CrossEntropyLoss(WEIGHTS, reduction="sum"), None),
    "a sum by partial": (functools.partial(F.cross_entropy, reduction="sum"), None),
    "negative log-likelihood": (nn.NLLLoss(WEIGHTS, ignore_index=1), None),
    "a lambda, a mean over samples": (lambda y, t: F.cross_entropy(y, t), None),
    "a lambda, a sum": (lambda y, t: F.cross_entropy(y, t, reduction="sum"), "sum"),
    "one's own, and what it divides by": (Weighted(), lambda y, t: (t + 1).sum().item()),
    "distributions": (lambda y, t: F.cross_entropy(y, F.one_hot(t, CLASSES).double()), None),
}


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(1, 5), min_size=2, max_size=5), seed=st.integers(0, 1000))
def test_batches_are_weighed_by_what_their_loss_divided_by(name, sizes, seed):
    loss, divisor = LOSSES[name]
    tg.manual_seed(seed)
    total = sum(sizes)
    x, t = tg.randn(total, 4, dtype=tg.float64), tg.randint(0, CLASSES, (total,))
    t[:CLASSES] = tg.arange(CLASSES)[: min(total, CLASSES)]  # so that one counts
    starts = np.cumsum([0, *sizes])
    batches = [(x[a:b], t[a:b]) for a, b in itertools.pairwise(starts)]

    def run(accumulate, batches):
        model = nn.Linear(4, CLASSES).double()
        with tg.no_grad():
            model.weight.copy_(tg.linspace(-1, 1, 12, dtype=tg.float64).reshape(3, 4))
            model.bias.zero_()
        trainer = Trainer(model, optim.SGD(model.parameters(), lr=0.01), loss, accumulate=accumulate, divisor=divisor)
        measured = trainer.evaluate(batches)["loss"]
        history = trainer.fit(batches, 1)
        return measured, history.loss, history.rows[0]["loss"], model.weight.detach().numpy()

    whole, small = run(1, [(x, t)]), run(len(batches), batches)
    assert small[0] == pytest.approx(whole[0])
    assert small[1] == pytest.approx(whole[1])
    assert small[2] == pytest.approx(whole[2])
    np.testing.assert_allclose(small[3], whole[3], rtol=1e-9)


def test_elements_are_counted_where_images_differ_in_size():
    model = nn.Conv2d(1, 1, 1)
    batches = [(tg.randn(2, 1, size, size), tg.randn(2, 1, size, size)) for size in (3, 7)]
    trainer = Trainer(model, optim.SGD(model.parameters(), lr=0.1), nn.MSELoss())
    squares = [((model(x) - t) ** 2).detach().numpy().ravel() for x, t in batches]
    assert trainer.evaluate(batches)["loss"] == pytest.approx(np.concatenate(squares).mean(), rel=1e-5)


def test_what_is_known_of_a_loss():
    class Own(nn.CrossEntropyLoss):
        def forward(self, y, t):
            return super().forward(y, t) * 2

    class Same(nn.CrossEntropyLoss):
        pass

    scores, t = tg.zeros(4, 2), tg.tensor([0, 1, 1, -100])
    assert divisor_of(nn.CrossEntropyLoss())(scores, t) == 3
    assert divisor_of(Same(ignore_index=1))(scores, t) == 2
    assert divisor_of(F.cross_entropy)(tg.zeros(4, 2, 3), tg.zeros(4, 3).long()) == 12
    assert divisor_of(F.cross_entropy)(tg.zeros(4, 2, 3), tg.zeros(4, 2, 3)) == 12
    assert divisor_of(nn.BCEWithLogitsLoss())(tg.zeros(4, 2), tg.zeros(4, 2)) == 8
    assert divisor_of(nn.MSELoss(reduction="sum")) == "sum"
    assert divisor_of(Own()) is None
    assert divisor_of(lambda y, t: y) is None


def test_a_batch_of_which_nothing_counts_adds_nothing():
    model = nn.Linear(2, 2)
    x, t, none = tg.randn(3, 2), tg.tensor([0, 1, 1]), tg.full((3,), -100).long()
    trainer = Trainer(model, optim.SGD(model.parameters(), lr=0.0), nn.CrossEntropyLoss(), accumulate=2)
    alone = trainer.evaluate([(x, t)])["loss"]
    assert trainer.evaluate([(x, none), (x, t)])["loss"] == alone
    assert trainer.fit([(x, none), (x, t)], 1).loss == pytest.approx([alone])
    with pytest.raises(FloatingPointError, match="the loss is nan, for no target counts, at step 2"):
        trainer.fit([(x, none), (x, none)], 2)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_a_divisor_is_a_number_from_0_on(value):
    model = nn.Linear(2, 2)
    trainer = Trainer(model, optim.SGD(model.parameters()), lambda y, t: y.sum(), divisor=lambda y, t: value)
    with pytest.raises(ValueError, match="expected divisor to return a number of at least 0, got"):
        trainer.fit([(tg.ones(1, 2), tg.ones(1))], 1)


def test_samples_are_counted_whatever_holds_them():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, x):
            return self.layer(x["image"] if isinstance(x, dict) else x)

    def loss(y, t):
        first = t["a"] if isinstance(t, dict) else t[0]
        return F.mse_loss(y, first)

    x, t = tg.randn(10, 2, dtype=tg.float64), tg.randn(10, 1, dtype=tg.float64)
    whole = None
    for pack in (lambda a: (a, a), lambda a: {"a": a, "b": a}, lambda a: [a], lambda a: {"a": a}):
        model = Net().double()
        with tg.no_grad():
            model.layer.weight.fill_(0.5)
            model.layer.bias.zero_()
        trainer = Trainer(model, optim.SGD(model.parameters(), lr=0.1), loss, accumulate=3)
        batches = [({"image": x[i : i + 4]}, pack(t[i : i + 4])) for i in (0, 4, 8)]
        history = trainer.fit(batches, 1)
        assert trainer.samples == 10
        whole = whole or F.mse_loss(x.matmul(tg.full((2, 1), 0.5, dtype=tg.float64)), t).item()
        assert history.loss == pytest.approx([whole])


@pytest.mark.parametrize(
    ("inputs", "targets", "samples"),
    [
        (tg.ones(3, 2), tg.ones(4), 3),
        ({"scale": tg.tensor(1.0), "x": [tg.ones(5)]}, tg.ones(4), 5),
        (["a", "b"], tg.ones(4), 4),
        (["a", "b"], tg.tensor(1.0), 2),
        (tg.tensor(1.0), tg.tensor(1.0), 1),
        (object(), tg.tensor(1.0), 1),
    ],
)
def test_samples_are_the_length_of_the_first_tensor_with_axes(inputs, targets, samples):
    assert samples_of(inputs, targets) == samples


def test_of_a_batch_of_finite_numbers_nothing_is_said():
    assert not_finite(tg.ones(2), [tg.ones(2), tg.tensor([1, 2])]) == ""
