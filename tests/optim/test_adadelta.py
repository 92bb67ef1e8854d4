"""`Adadelta`: its settings, and the first step."""

import numpy as np
import pytest
from optim_cases import GRADIENTS, START, parameter, steps

from tinygrad_cnn import optim

REFUSED = [
    (lambda p: optim.Adadelta([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(Adadelta"),
    (
        lambda p: optim.Adadelta([p], rho=1.1),
        ValueError,
        r"Invalid rho value: 1.1 \(Adadelta expects a number in \[0, 1\]\)",
    ),
    (lambda p: optim.Adadelta([p], rho=-1), ValueError, "Invalid rho value: -1"),
    (lambda p: optim.Adadelta([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.Adadelta([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))


@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.25, "maximize": True}, {"rho": 0.0, "eps": 0.5}], ids=str)
def test_three_steps_follow_the_equation(settings):
    rho, eps = settings.get("rho", 0.9), settings.get("eps", 1e-6)
    p, v, u = START.copy(), 0, 0
    for g, found in zip(GRADIENTS, steps(lambda params: optim.Adadelta(params, 0.1, **settings)), strict=True):
        d = (-g if settings.get("maximize") else g) + settings.get("weight_decay", 0) * p
        v = rho * v + (1 - rho) * d * d
        s = np.sqrt(u + eps) / np.sqrt(v + eps) * d
        u = rho * u + (1 - rho) * s * s
        p = p - 0.1 * s
        np.testing.assert_allclose(found, p, rtol=1e-12)
