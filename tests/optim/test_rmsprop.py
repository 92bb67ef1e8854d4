"""`RMSprop`: its settings, and the variance of a centered step."""

import pytest
from optim_cases import parameter

import tinygrad_cnn as tc
from tinygrad_cnn import optim

REFUSED = [
    (lambda p: optim.RMSprop([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(RMSprop"),
    (lambda p: optim.RMSprop([p], alpha=-1), ValueError, "Invalid alpha value: -1"),
    (lambda p: optim.RMSprop([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.RMSprop([p], momentum=-1), ValueError, "Invalid momentum value: -1"),
    (lambda p: optim.RMSprop([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))


def test_a_centered_step_survives_a_gradient_that_never_changes():
    p = parameter(*range(100))
    optimizer = optim.RMSprop([p], centered=True, alpha=0.5)
    p.grad = tc.linspace(0.1, 3, 100, dtype=tc.float64)  # of some, rounding leaves the variance below 0
    for _ in range(500):
        optimizer.step()
    assert tc.isfinite(p).all().item()
