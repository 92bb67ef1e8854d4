"""`SGD`: its settings, and parameters that share a step."""

import pytest
from optim_cases import parameter, run

import tinygrad_cnn as tc
from tinygrad_cnn import optim

REFUSED = [
    (lambda p: optim.SGD([{"params": [p], "lr": -2}]), ValueError, "Invalid learning rate: -2"),
    (
        lambda p: optim.SGD([p], lr=-1),
        ValueError,
        r"Invalid learning rate: -1 \(SGD expects a finite number at least 0\)",
    ),
    (lambda p: optim.SGD([p], lr=float("nan")), ValueError, "Invalid learning rate: nan"),
    (lambda p: optim.SGD([p], momentum=-1), ValueError, "Invalid momentum value: -1"),
    (lambda p: optim.SGD([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (lambda p: optim.SGD([p], nesterov=True), ValueError, "Nesterov momentum requires a momentum and zero dampening"),
    (
        lambda p: optim.SGD([p], momentum=1, dampening=1, nesterov=True),
        ValueError,
        "zero dampening, got momentum=1 and dampening=1",
    ),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))


def test_groups_have_settings_of_their_own():
    a, b = parameter(1), parameter(1)
    optimizer = optim.SGD([{"params": [a], "lr": 0.5}, {"params": b}], lr=0.1)
    (a + b).sum().backward()
    optimizer.step()
    assert (a.item(), b.item()) == pytest.approx((0.5, 0.9))
    optimizer.param_groups[1]["lr"] = 1
    optimizer.step()
    assert (a.item(), b.item()) == pytest.approx((0, -0.1))


def test_parameters_of_one_shape_do_not_disturb_each_other():
    pair = [parameter(1, 2), parameter(3, 4)]
    together = optim.SGD(pair, 0.01, momentum=0.9, nesterov=True, weight_decay=0.1)
    alone = [parameter(1, 2), parameter(3, 4)]
    apart = [optim.SGD([p], 0.01, momentum=0.9, nesterov=True, weight_decay=0.1) for p in alone]
    run(together, pair, 3)
    for optimizer, p in zip(apart, alone, strict=True):
        run(optimizer, [p], 3)
    for p, q in zip(pair, alone, strict=True):
        assert p.tolist() == q.tolist()


def test_without_momentum_nothing_is_kept():
    p = parameter(1)
    p.grad = tc.ones(1, dtype=tc.float64)
    optimizer = optim.SGD([p])
    optimizer.step()
    assert not optimizer.state
