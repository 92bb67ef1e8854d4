"""`CosineAnnealingLR` and `CosineAnnealingWarmRestarts`: a wave between two rates, and where waves begin."""

import pytest
from schedule_cases import rates, sgd

from tinygrad_cnn.optim import lr_scheduler

RATES = [
    (lambda o: lr_scheduler.CosineAnnealingLR(o, 2, 0.5), [1, 0.75, 0.5, 0.75, 1]),
]


@pytest.mark.parametrize(("make", "expected"), RATES)
def test_the_rates_of_the_first_steps(make, expected):
    assert rates(make(sgd(1.0, momentum=0.9)), 4) == expected


REFUSED = [
    (lambda o: lr_scheduler.CosineAnnealingLR(o, 0), ValueError, "expected a positive T_max, got 0"),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(sgd(1.0, 2.0))


def test_each_wave_is_t_mult_times_as_long_as_the_one_before():
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(sgd(1.0), 1, 2, 0.5)
    assert rates(scheduler, 4) == [1, 1, 0.75, 1, pytest.approx(0.9267767)]
    assert (scheduler.T_i, scheduler.T_cur) == (4, 1)


def test_a_step_may_go_to_a_part_of_an_epoch_and_back():
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(sgd(1.0), 2)
    for epoch, rate in ((1.0, 0.5), (0.5, 0.8535534), (2.0, 1.0), (3.5, 0.1464466)):
        scheduler.step(epoch)
        assert scheduler.get_last_lr() == [pytest.approx(rate)]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"T_0": 0}, "Expected positive integer T_0, but got 0"),
        ({"T_0": 2.0}, "Expected positive integer T_0, but got 2.0"),
        ({"T_0": 1, "T_mult": 0}, "Expected integer T_mult >= 1, but got 0"),
        ({"T_0": 1, "eta_min": "0"}, "Expected float or int eta_min, but got 0 of type <class 'str'>"),
    ],
)
def test_restarts_are_refused_with_a_message(arguments, text):
    with pytest.raises(ValueError, match=text):
        lr_scheduler.CosineAnnealingWarmRestarts(sgd(1.0), **arguments)


def test_the_least_rate_may_be_an_integer():
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(sgd(3.0), 2, eta_min=1)
    assert rates(scheduler, 2) == [3, 2, 3]
