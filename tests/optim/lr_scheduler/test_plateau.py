"""`ReduceLROnPlateau`: when a metric counts as better, and what follows if it does not."""

import pytest
from schedule_cases import sgd

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.optim import lr_scheduler

REFUSED = [
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=1), ValueError, "Factor should be < 1.0, got 1"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, "least"), ValueError, "mode least is unknown! Use 'min' or 'max'"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "threshold mode x is unknown"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, min_lr=[1]), ValueError, "expected 2 min_lrs, got 1"),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(sgd(1.0, 2.0))


def test_the_rate_falls_when_the_metric_stops_improving():
    scheduler = lr_scheduler.ReduceLROnPlateau(sgd(1.0, 0.2), patience=1, factor=0.5, min_lr=0.15)
    found = []
    for metric in [3, tc.tensor(2.0), 2, 2, 1, 1, 1, 1, 1]:
        scheduler.step(metric)
        found.append(scheduler.get_last_lr())
    assert [a for a, _ in found] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.15]
    assert [b for _, b in found] == [0.2, 0.2, 0.2, 0.15, 0.15, 0.15, 0.15, 0.15, 0.15]


def test_a_group_that_came_later_may_be_reduced_too():
    optimizer = sgd(1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    optimizer.add_param_group({"params": nn.Parameter(tc.zeros(1)), "lr": 2.0})
    scheduler.step(1)
    scheduler.step(1)
    assert scheduler.get_last_lr() == [0.1, 0.2]
    strict = lr_scheduler.ReduceLROnPlateau(sgd(1.0), patience=0, min_lr=[0.1])
    strict.optimizer.add_param_group({"params": nn.Parameter(tc.zeros(1))})
    strict.step(1)
    with pytest.raises(RuntimeError, match=r"number of param groups in the `optimizer` \(2\) differs .* \(1\)"):
        strict.step(1)


def test_the_plateau_is_remembered():
    before = lr_scheduler.ReduceLROnPlateau(sgd(1.0), "max", patience=2)
    for _ in range(3):
        before.step(1.0)
    after = lr_scheduler.ReduceLROnPlateau(sgd(1.0))
    after.load_state_dict(before.state_dict())
    assert (after.mode, after.mode_worse, after.best) == ("max", -float("inf"), 1)
    after.step(1.0)
    assert after.get_last_lr() == [0.1]


def test_the_least_rates_of_the_groups_may_come_in_a_tuple():
    scheduler = lr_scheduler.ReduceLROnPlateau(sgd(1.0, 2.0), patience=0, min_lr=(0.5, 0.75))
    scheduler.step(1)
    scheduler.step(1)
    assert scheduler.get_last_lr() == [0.5, 0.75]


def test_a_first_metric_that_is_nan_is_no_improvement():
    scheduler = lr_scheduler.ReduceLROnPlateau(sgd(1.0), patience=1)
    found = []
    for _ in range(2):
        scheduler.step(float("nan"))
        found.append(scheduler.get_last_lr())
    assert found == [[1], [0.1]]


@pytest.mark.parametrize(
    ("mode", "threshold_mode", "same", "better"),
    [("min", "abs", 1.5, 1.25), ("max", "abs", 2.5, 2.75), ("min", "rel", 1.0, 0.75), ("max", "rel", 3.0, 3.25)],
)
def test_a_metric_must_pass_the_threshold_to_count_as_better(mode, threshold_mode, same, better):
    """The threshold is 0.5 from the best metric, 2, or that part of it."""
    for metric, rate in ((same, 0.5), (better, 1.0)):
        scheduler = lr_scheduler.ReduceLROnPlateau(
            sgd(1.0), mode, 0.5, patience=0, threshold=0.5, threshold_mode=threshold_mode
        )
        scheduler.step(2.0)
        scheduler.step(metric)
        assert scheduler.get_last_lr() == [rate]


def test_a_rate_that_would_fall_by_no_more_than_eps_stays():
    for eps, rate in ((0.5, 1.0), (0.25, 0.5)):
        scheduler = lr_scheduler.ReduceLROnPlateau(sgd(1.0), factor=0.5, patience=0, eps=eps)
        scheduler.step(1)
        scheduler.step(1)
        assert scheduler.get_last_lr() == [rate]
