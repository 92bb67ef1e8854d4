"""`CyclicLR`: what of its scale is kept in a state, and the momentum of optimizers with betas."""

import pytest
from schedule_cases import Cool, rates, sgd

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim
from tinygrad_cnn.optim import lr_scheduler


def test_the_rates_of_the_first_steps():
    scheduler = lr_scheduler.CyclicLR(sgd(9.0), 1, 3, step_size_up=2, step_size_down=1, cycle_momentum=False)
    assert rates(scheduler, 5) == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize(
    ("optimizer", "momentum"),
    [
        (sgd(1.0, momentum=0.5), lambda group: group["momentum"]),
        (optim.Adam([nn.Parameter(tc.zeros(1))], betas=(0.5, 0.7)), lambda group: group["betas"][0]),
    ],
    ids=["SGD", "Adam"],
)
def test_the_momentum_falls_while_the_rate_rises(optimizer, momentum):
    scheduler = lr_scheduler.CyclicLR(optimizer, 1, 3, step_size_up=2, base_momentum=0.6, max_momentum=0.8)
    (group,) = optimizer.param_groups
    found = [momentum(group)]
    for _ in range(4):
        optimizer.step()
        scheduler.step()
        found.append(momentum(group))
    assert found == pytest.approx([0.8, 0.7, 0.6, 0.7, 0.8])
    assert (group["base_momentum"], group["max_momentum"]) == (0.6, 0.8)
    if "betas" in group:
        assert group["betas"][1] == 0.7


def test_an_optimizer_without_momentum_is_refused():
    with pytest.raises(ValueError, match="must support momentum or beta1 .*; Adagrad does not"):
        lr_scheduler.CyclicLR(optim.Adagrad([nn.Parameter(tc.zeros(1))]), 1, 3)


def test_a_mode_is_known_unless_there_is_a_scale_of_ones_own():
    with pytest.raises(ValueError, match="expected one of triangular, triangular2, exp_range, got 'square'"):
        lr_scheduler.CyclicLR(sgd(1.0), 1, 3, mode="square")
    scheduler = lr_scheduler.CyclicLR(
        sgd(1.0), 1, 3, 1, mode="square", scale_fn=lambda cycle: 0.5, cycle_momentum=False
    )
    assert rates(scheduler, 2) == [1, 2, 1]


def test_of_a_scale_that_is_a_function_a_state_keeps_nothing():
    scheduler = lr_scheduler.CyclicLR(sgd(1.0), 1, 3, 1, scale_fn=lambda cycle: 0.5, cycle_momentum=False)
    state = scheduler.state_dict()
    assert state["_scale_fn_custom"] is None
    again = lr_scheduler.CyclicLR(sgd(1.0), 1, 3, 1, scale_fn=lambda cycle: 0.25, cycle_momentum=False)
    again.load_state_dict(state)
    assert again.scale_fn(1) == 0.25


def test_of_a_scale_that_is_an_object_a_state_keeps_the_attributes():
    scheduler = lr_scheduler.CyclicLR(sgd(1.0), 1, 3, 1, scale_fn=Cool(0.5), cycle_momentum=False)
    state = scheduler.state_dict()
    assert state["_scale_fn_custom"] == {"factor": 0.5}
    again = lr_scheduler.CyclicLR(sgd(1.0), 1, 3, 1, scale_fn=Cool(0.25), cycle_momentum=False)
    again.load_state_dict(state)
    assert again.scale_fn(2) == 0.25
