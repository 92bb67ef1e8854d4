"""`Adagrad`: its settings, and the sum of squares it starts from."""

import numpy as np
import pytest
from optim_cases import GRADIENTS, START, parameter, steps

from tinygrad_cnn import optim

REFUSED = [
    (lambda p: optim.Adagrad([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(Adagrad"),
    (lambda p: optim.Adagrad([p], lr_decay=-1), ValueError, "Invalid lr_decay value: -1"),
    (lambda p: optim.Adagrad([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.Adagrad([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (
        lambda p: optim.Adagrad([p], initial_accumulator_value=-1),
        ValueError,
        "Invalid initial_accumulator_value value: -1",
    ),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))


SETTINGS = [
    {},
    {"weight_decay": 0.25, "maximize": True},
    {"lr_decay": 0.5, "eps": 0.25},
    {"initial_accumulator_value": 2.0},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_three_steps_follow_the_equation(settings):
    p, s = START.copy(), settings.get("initial_accumulator_value", 0)
    found = steps(lambda params: optim.Adagrad(params, 0.1, **settings))
    for t, (g, one) in enumerate(zip(GRADIENTS, found, strict=True)):
        d = (-g if settings.get("maximize") else g) + settings.get("weight_decay", 0) * p
        s = s + d * d
        p = p - 0.1 / (1 + t * settings.get("lr_decay", 0)) * d / (np.sqrt(s) + settings.get("eps", 1e-10))
        np.testing.assert_allclose(one, p, rtol=1e-12)
