"""`Adam` and `AdamW`: their settings and their decay."""

import numpy as np
import pytest
from optim_cases import GRADIENTS, START, parameter, steps

import tinygrad_cnn as tc
from tinygrad_cnn import optim

REFUSED = [
    (lambda p: optim.Adam([p], lr=float("inf")), ValueError, "Invalid learning rate: inf"),
    (
        lambda p: optim.Adam([p], betas=(1, 0)),
        ValueError,
        r"Invalid beta parameter at index 0: 1 \(Adam expects a finite number in \[0, 1\)\)",
    ),
    (lambda p: optim.Adam([p], betas=(0, 1)), ValueError, "Invalid beta parameter at index 1: 1 "),
    (lambda p: optim.Adam([p], betas=(0, -1)), ValueError, "Invalid beta parameter at index 1: -1"),
    (lambda p: optim.Adam([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.Adam([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (
        lambda p: optim.Adam([p], betas=(0.9, tc.tensor(0.99))),
        ValueError,
        "betas must be either both floats or both Tensors, got float and Tensor",
    ),
    (lambda p: optim.AdamW([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(AdamW"),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))


def test_the_decay_of_adamw_shrinks_the_parameter_itself():
    p = parameter(2)
    optimizer = optim.AdamW([p], lr=0.1, weight_decay=0.5)
    p.grad = tc.zeros(1, dtype=tc.float64)
    optimizer.step()
    assert p.item() == pytest.approx(2 * 0.95)
    assert optimizer.state[p]["exp_avg"].item() == 0


def test_adamw_keeps_its_decay_decoupled_when_it_takes_over_the_state_of_adam():
    p = parameter(2)
    optimizer = optim.AdamW([p])
    optimizer.load_state_dict(optim.Adam([p], lr=3).state_dict())
    assert optimizer.param_groups[0]["lr"] == 3
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True


SETTINGS = [{}, {"weight_decay": 0.25}, {"weight_decay": 0.25, "maximize": True}, {"amsgrad": True, "eps": 0.5}]


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_three_steps_follow_the_equation(kind, settings):
    decay = settings.get("weight_decay", 0.01 if kind is optim.AdamW else 0)
    p, m, v, largest = START.copy(), 0, 0, 0
    found = steps(lambda params: kind(params, 0.1, (0.5, 0.75), **settings))
    for t, (g, one) in enumerate(zip(GRADIENTS, found, strict=True), 1):
        d = -g if settings.get("maximize") else g
        if kind is optim.AdamW:
            p = p - 0.1 * decay * p
        else:
            d = d + decay * p
        m, v = 0.5 * m + 0.5 * d, 0.75 * v + 0.25 * d * d
        largest = np.maximum(largest, v)
        size = np.sqrt((largest if settings.get("amsgrad") else v) / (1 - 0.75**t)) + settings.get("eps", 1e-8)
        p = p - 0.1 / (1 - 0.5**t) * m / size
        np.testing.assert_allclose(one, p, rtol=1e-12)
