"""Metrics against plain counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.train import Accuracy, ConfusionMatrix, Metric, accuracy
from tinygrad_cnn.train.metrics import Running, evaluating


@st.composite
def scored(draw):
    """Scores with many ties, and classes."""
    n, classes = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    scores = draw(st.lists(st.integers(0, 3), min_size=n * classes, max_size=n * classes))
    targets = draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n))
    return np.array(scores, np.float32).reshape(n, classes), np.array(targets)


@given(scored(), st.integers(1, 7), st.integers(1, 5))
def test_top_k_counts_the_first_k_of_a_stable_order(sample, k, size):
    scores, targets = sample
    metric = Accuracy(top_k=k)
    for i in range(0, len(targets), size):
        metric.update(tg.from_numpy(scores[i : i + size]), tg.from_numpy(targets[i : i + size]))
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    assert metric.compute() == np.mean([t in row for t, row in zip(targets, order, strict=True)])


@given(scored())
def test_confusion_matrix_counts_rows_by_truth(sample):
    scores, targets = sample
    metric = ConfusionMatrix(scores.shape[1])
    metric.update(tg.from_numpy(scores), tg.from_numpy(targets))
    expected = np.zeros((scores.shape[1],) * 2, int)
    for row, t in zip(scores, targets, strict=True):
        expected[t, row.argmax()] += 1
    np.testing.assert_array_equal(metric.compute(), expected)
    metric.reset()
    assert not metric.compute().any()


def test_nan_scores_are_wrong():
    metric = Accuracy(top_k=2)
    metric.update(tg.tensor([[np.nan, 1.0], [1.0, np.nan], [1.0, 2.0]]), tg.tensor([0, 0, 0]))
    assert metric.compute() == pytest.approx(1 / 3)


def test_accuracy_counts_over_uneven_batches():
    model = nn.Sequential(nn.Dropout(0.5))
    scores = tg.tensor([[2.0, 1.0], [0.0, 1.0], [3.0, 0.0], [0.0, 5.0], [1.0, 0.0]])
    assert accuracy(model, scores, tg.tensor([0, 1, 1, 1, 1]), batch_size=2) == 0.6
    assert model.training


def test_a_state_goes_on():
    scores, targets = tg.randn(8, 3), tg.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    whole = [Accuracy(2), ConfusionMatrix(3)]
    halves = [Accuracy(2), ConfusionMatrix(3)]
    for one, other in zip(whole, halves, strict=True):
        one.update(scores, targets)
        other.update(scores[:3], targets[:3])
        again = type(other)(3 if isinstance(other, ConfusionMatrix) else 2)
        again.load_state_dict(other.state_dict())
        other.reset()  # the state was a copy
        again.update(scores[3:], targets[3:])
        assert np.array_equal(again.compute(), one.compute())
        with pytest.raises(ValueError, match="expected a state with .*, got x"):
            again.load_state_dict({"x": 1})


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="top_k of at least 1, got 0"):
        Accuracy(0)
    with pytest.raises(ValueError, match="num_classes of at least 1, got 0"):
        ConfusionMatrix(0)
    with pytest.raises(ValueError, match="at least one sample, got none"):
        Accuracy().compute()
    with pytest.raises(ValueError, match=r"expected scores \(N, classes\) .* got \(2, 3\) and int64 \(3,\)"):
        Accuracy().update(tg.zeros(2, 3), tg.tensor([0, 1, 2]))
    with pytest.raises(ValueError, match="got .2, 3. and float32"):
        Accuracy().update(tg.zeros(2, 3), tg.zeros(2))
    with pytest.raises(ValueError, match="classes from 0 to 2, got 1 to 3"):
        Accuracy().update(tg.zeros(2, 3), tg.tensor([1, 3]))
    with pytest.raises(ValueError, match="scores of 4 classes, got 3"):
        ConfusionMatrix(4).update(tg.zeros(2, 3), tg.tensor([1, 2]))
    model = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="got 59 and 60"):
        accuracy(model, tg.zeros(60, 2), tg.zeros(59).long())
    with pytest.raises(ValueError, match="at least one, got 0 and 0"):
        accuracy(model, tg.zeros(0, 2), tg.zeros(0).long())


def test_a_metric_defines_its_methods():
    for call in (lambda m: m.reset(), lambda m: m.update(None, None), lambda m: m.compute()):
        with pytest.raises(NotImplementedError, match="Metric: a metric must define"):
            call(Metric())


def test_reprs_are_one_line():
    assert repr(Accuracy(top_k=5)) == "Accuracy(top_k=5)"
    assert repr(ConfusionMatrix(3)) == "ConfusionMatrix(num_classes=3)"


def test_running_sums_weigh_batches_by_their_divisors():
    running = Running({"accuracy": Accuracy()})
    assert np.isnan(running.loss)
    right, wrong = tg.tensor([[0.0, 1.0]]), tg.tensor([[1.0, 0.0]])
    running.update(2.0, 3.0, 1, right, tg.tensor([1]))
    running.update(float("nan"), 0, 1, wrong, tg.tensor([1]))  # nothing of it counts for the loss
    running.update(4.0, 1.0, 1, right, tg.tensor([1]))
    assert running.compute() == {"loss": 2.5, "accuracy": 2 / 3}
    assert running.samples == 3
    running.reset()
    assert (running.sum, running.divisor, running.samples, running.metrics["accuracy"].total) == (0, 0, 0, 0)
    for loss in (2.0, 5.0):
        running.update(loss, None, 1, right, tg.tensor([1]))  # losses that are sums
    assert running.loss == 7.0


def test_running_sums_go_on_from_their_state_and_copy_the_metrics():
    metric = Accuracy()
    running, fresh = Running({"accuracy": metric}), Running({"accuracy": metric})
    running.update(2.0, 4.0, 4, tg.tensor([[0.0, 1.0]]), tg.tensor([1]))
    assert metric.total == fresh.metrics["accuracy"].total == 0
    fresh.load_state_dict(running.state_dict())
    assert fresh.compute() == running.compute() == {"loss": 2.0, "accuracy": 1.0}
    assert fresh.samples == 4
    with pytest.raises(ValueError, match=r"expected metrics \[\], got \['accuracy'\]"):
        Running({}).load_state_dict(running.state_dict())


def test_evaluating_does_not_record_and_gives_every_module_its_mode_back():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    model[0].eval()

    def measure():
        with evaluating(model):
            assert [module.training for module in model.modules()] == [False] * 3
            assert not model(tg.ones(1, 2)).requires_grad
            raise OSError("stop")

    with pytest.raises(OSError, match="stop"):
        measure()
    assert [module.training for module in model.modules()] == [True, False, True]
    assert model(tg.ones(1, 2)).requires_grad
