"""Schedules that scale the rates: when the factors change, and what of a function is kept in a state."""

import pytest
from schedule_cases import Cool, rates, sgd

from tinygrad_cnn.optim import lr_scheduler

RATES = [
    (lambda o: lr_scheduler.StepLR(o, 2), [1, 1, 0.1, 0.1, 0.01]),
    (lambda o: lr_scheduler.MultiStepLR(o, [1, 3, 3], 0.5), [1, 0.5, 0.5, 0.125, 0.125]),
    (lambda o: lr_scheduler.ExponentialLR(o, 0.5), [1, 0.5, 0.25, 0.125, 0.0625]),
    (lambda o: lr_scheduler.ConstantLR(o, 0.5, 2), [0.5, 0.5, 1, 1, 1]),
    (lambda o: lr_scheduler.ConstantLR(o, 0.0, 2), [0, 0, 1, 1, 1]),
    (lambda o: lr_scheduler.LinearLR(o, 0.25, total_iters=3), [0.25, 0.5, 0.75, 1, 1]),
    (lambda o: lr_scheduler.LambdaLR(o, lambda step: 1 / (1 + step)), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
]


@pytest.mark.parametrize(("make", "expected"), RATES)
def test_the_rates_of_the_first_steps(make, expected):
    assert rates(make(sgd(1.0, momentum=0.9)), 4) == expected


REFUSED = [
    (lambda o: lr_scheduler.StepLR(o, 0), ValueError, "StepLR: expected a positive step_size, got 0"),
    (lambda o: lr_scheduler.ConstantLR(o, 2), ValueError, "expected to be between 0 and 1, got 2"),
    (lambda o: lr_scheduler.LinearLR(o, 0), ValueError, "greater than 0 and less or equal to 1, got 0"),
    (lambda o: lr_scheduler.LinearLR(o, end_factor=2), ValueError, "Ending .* between 0 and 1, got 2"),
    (lambda o: lr_scheduler.LambdaLR(1, abs), TypeError, "int is not an Optimizer"),
    (lambda o: lr_scheduler.LambdaLR(o, [abs] * 3), ValueError, "Expected 2 lr_lambdas, but got 3"),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(sgd(1.0, 2.0))


def test_a_line_over_no_steps_stays_where_it_starts():
    scheduler = lr_scheduler.LinearLR(sgd(2.0), 0.5, 0.25, total_iters=0)
    scheduler.optimizer.step()
    with pytest.warns(UserWarning, match="epoch parameter"):
        scheduler.step(3)
    assert scheduler.get_last_lr() == [1.0]


def test_attributes_of_a_callable_object_are_kept_and_functions_are_not():
    before = lr_scheduler.LambdaLR(sgd(1.0, 2.0), [Cool(0.25), lambda step: 1.0])
    assert before.state_dict()["lr_lambdas"] == [{"factor": 0.25}, None]
    after = lr_scheduler.LambdaLR(sgd(1.0, 2.0), [Cool(0.5), lambda step: 2.0])
    after.load_state_dict(before.state_dict())
    assert after.lr_lambdas[0].factor == 0.25
    assert after.lr_lambdas[1](0) == 2


def test_a_function_for_each_group_may_come_in_a_list_or_a_tuple():
    for kind in (list, tuple):
        scheduler = lr_scheduler.LambdaLR(sgd(1.0, 2.0), kind([lambda step: 0.5, lambda step: 0.25]))
        assert scheduler.get_last_lr() == [0.5, 0.5]
