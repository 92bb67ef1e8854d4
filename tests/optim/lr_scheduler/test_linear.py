"""`ConstantLR` and `LinearLR`: factors, and when they end."""

import pytest
from schedule_cases import rates, sgd

from tinygrad_cnn.optim import lr_scheduler

RATES = [
    (lambda o: lr_scheduler.ConstantLR(o, 0.5, 2), [0.5, 0.5, 1, 1, 1]),
    (lambda o: lr_scheduler.ConstantLR(o, 0.0, 2), [0, 0, 1, 1, 1]),
    (lambda o: lr_scheduler.LinearLR(o, 0.25, total_iters=3), [0.25, 0.5, 0.75, 1, 1]),
]


@pytest.mark.parametrize(("make", "expected"), RATES)
def test_the_rates_of_the_first_steps(make, expected):
    assert rates(make(sgd(1.0, momentum=0.9)), 4) == expected


REFUSED = [
    (lambda o: lr_scheduler.ConstantLR(o, 2), ValueError, "expected to be between 0 and 1, got 2"),
    (lambda o: lr_scheduler.LinearLR(o, 0), ValueError, "greater than 0 and less or equal to 1, got 0"),
    (lambda o: lr_scheduler.LinearLR(o, end_factor=2), ValueError, "Ending .* between 0 and 1, got 2"),
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
