"""`CosineAnnealingWarmRestarts`: where the waves begin, and steps within an epoch."""

import pytest
from schedule_cases import rates, sgd

from tinygrad_cnn.optim import lr_scheduler


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
def test_refused_with_a_message(arguments, text):
    with pytest.raises(ValueError, match=text):
        lr_scheduler.CosineAnnealingWarmRestarts(sgd(1.0), **arguments)


def test_the_least_rate_may_be_an_integer():
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(sgd(3.0), 2, eta_min=1)
    assert rates(scheduler, 2) == [3, 2, 3]
