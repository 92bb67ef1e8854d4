"""`StepLR` and `MultiStepLR`: when the rates fall."""

import pytest
from schedule_cases import rates, sgd

from tinygrad_cnn.optim import lr_scheduler

RATES = [
    (lambda o: lr_scheduler.StepLR(o, 2), [1, 1, 0.1, 0.1, 0.01]),
    (lambda o: lr_scheduler.MultiStepLR(o, [1, 3, 3], 0.5), [1, 0.5, 0.5, 0.125, 0.125]),
]


@pytest.mark.parametrize(("make", "expected"), RATES)
def test_the_rates_of_the_first_steps(make, expected):
    assert rates(make(sgd(1.0, momentum=0.9)), 4) == expected


REFUSED = [
    (lambda o: lr_scheduler.StepLR(o, 0), ValueError, "StepLR: expected a positive step_size, got 0"),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(sgd(1.0, 2.0))
