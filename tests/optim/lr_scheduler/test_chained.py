"""`ChainedScheduler`: schedules that act together."""

import pytest
from schedule_cases import rates, sgd

from tinygrad_cnn.optim import lr_scheduler


def parts(optimizer):
    return [lr_scheduler.ConstantLR(optimizer, 0.5, 2), lr_scheduler.ExponentialLR(optimizer, 0.1)]


def chain(optimizer):
    return lr_scheduler.ChainedScheduler(parts(optimizer))


def test_factors_of_all_schedules_act_at_each_step():
    scheduler = chain(sgd(1.0))
    assert rates(scheduler, 3) == [0.5, 0.05, 0.01, 0.001]
    assert scheduler.get_last_lr() == [pytest.approx(0.001)]


def test_all_schedules_are_of_one_optimizer():
    with pytest.raises(ValueError, match="same optimizer, but scheduler ConstantLR at index 0 has another one"):
        lr_scheduler.ChainedScheduler(parts(sgd(1.0)), sgd(1.0))


def test_a_state_holds_those_of_all_schedules():
    scheduler = chain(sgd(1.0))
    rates(scheduler, 2)
    again = chain(sgd(1.0))
    again.optimizer.load_state_dict(scheduler.optimizer.state_dict())
    again.load_state_dict(scheduler.state_dict())
    assert again.get_last_lr() == scheduler.get_last_lr()
    assert rates(again, 3).expected == rates(scheduler, 3).expected
