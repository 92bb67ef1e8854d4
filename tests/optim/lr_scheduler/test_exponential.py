"""`ExponentialLR`: a factor at every step."""

import pytest
from schedule_cases import rates, sgd

from tinygrad_cnn.optim import lr_scheduler

RATES = [
    (lambda o: lr_scheduler.ExponentialLR(o, 0.5), [1, 0.5, 0.25, 0.125, 0.0625]),
]


@pytest.mark.parametrize(("make", "expected"), RATES)
def test_the_rates_of_the_first_steps(make, expected):
    assert rates(make(sgd(1.0, momentum=0.9)), 4) == expected
