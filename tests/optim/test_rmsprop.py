"""`RMSprop`: its settings, and the variance of a centered step."""

import numpy as np
import pytest
from optim_cases import GRADIENTS, START, parameter, steps

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


SETTINGS = [
    {},
    {"weight_decay": 0.25, "maximize": True},
    {"centered": True, "eps": 0.5},
    {"momentum": 0.5},
    {"momentum": 0.5, "centered": True},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_three_steps_follow_the_equation(settings):
    p, v, a, b = START.copy(), 0, 0, 0
    found = steps(lambda params: optim.RMSprop(params, 0.1, alpha=0.75, **settings))
    for g, one in zip(GRADIENTS, found, strict=True):
        d = (-g if settings.get("maximize") else g) + settings.get("weight_decay", 0) * p
        v = 0.75 * v + 0.25 * d * d
        a = 0.75 * a + 0.25 * d if settings.get("centered") else 0
        b = settings.get("momentum", 0) * b + d / (np.sqrt(v - a * a) + settings.get("eps", 1e-8))
        p = p - 0.1 * b
        np.testing.assert_allclose(one, p, rtol=1e-12)
