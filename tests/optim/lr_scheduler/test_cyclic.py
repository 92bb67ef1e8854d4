"""`CyclicLR` and `OneCycleLR`: rates and momenta of a cycle, its end, and what of a scale is kept in a state."""

import pytest
from schedule_cases import Cool, rates, sgd

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim
from tinygrad_cnn.optim import lr_scheduler


def test_a_cycle_goes_up_and_down_in_straight_lines():
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


RATES = [
    (
        lambda o: lr_scheduler.OneCycleLR(
            o, 4, 5, pct_start=0.6, anneal_strategy="linear", div_factor=4, final_div_factor=2
        ),
        [1, 2.5, 4, 2.25, 0.5],
    ),
    (  # the first phase is one step long: it ends where it begins
        lambda o: lr_scheduler.OneCycleLR(o, 4, 5, pct_start=0.2, anneal_strategy="linear"),
        [4, 3.000004, 2.000008, 1.000012, 0.000016],
    ),
]


@pytest.mark.parametrize(("make", "expected"), RATES)
def test_the_rates_of_the_first_steps(make, expected):
    assert rates(make(sgd(1.0, momentum=0.9)), 4) == expected


REFUSED = [
    (lambda o: lr_scheduler.OneCycleLR(o, 1), ValueError, "define either total_steps OR"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1, epochs=2), ValueError, "define either total_steps OR"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1, steps_per_epoch=2), ValueError, "define either total_steps OR"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1, 9, pct_start=-0.5), ValueError, "float between 0 and 1 pct_start.* -0.5"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1, 0), ValueError, "Expected positive integer total_steps, but got 0"),
    (lambda o: lr_scheduler.OneCycleLR(o, [1], 9), ValueError, "max_lr has 1 values, param_groups has 2"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1, 9, pct_start=2.0), ValueError, "float between 0 and 1 pct_start.* 2.0"),
    (
        lambda o: lr_scheduler.OneCycleLR(o, 1, 9, anneal_strategy="sin"),
        ValueError,
        "'cos' or 'linear', instead got sin",
    ),
    (
        lambda o: lr_scheduler.OneCycleLR(optim.Adagrad([nn.Parameter(tc.zeros(1))]), 1, 9),
        ValueError,
        "must support momentum or beta1 with `cycle_momentum` option enabled; Adagrad does not",
    ),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(sgd(1.0, 2.0))


def test_one_cycle_turns_the_momentum_the_other_way():
    for optimizer, momentum in [
        (sgd(1.0, momentum=0.5), lambda group: group["momentum"]),
        (optim.Adam([nn.Parameter(tc.zeros(1))], betas=(0.5, 0.7)), lambda group: group["betas"][0]),
    ]:
        scheduler = lr_scheduler.OneCycleLR(optimizer, 4, 5, pct_start=0.6)
        found = [momentum(optimizer.param_groups[0])]
        for _ in range(4):
            optimizer.step()
            scheduler.step()
            found.append(momentum(optimizer.param_groups[0]))
        assert found == pytest.approx([0.95, 0.9, 0.85, 0.9, 0.95])
        if "betas" in optimizer.param_groups[0]:
            assert optimizer.param_groups[0]["betas"][1] == 0.7


def test_one_cycle_ends():
    scheduler = lr_scheduler.OneCycleLR(sgd(1.0), 1, total_steps=2)
    rates(scheduler, 2)
    with pytest.raises(ValueError, match=r"Tried to step 3 times. The specified number of total steps is 2"):
        scheduler.step()


def test_all_steps_may_go_up_and_one_step_is_enough():
    up = lr_scheduler.OneCycleLR(sgd(1.0, momentum=0.5), 4, 4, pct_start=1.0, anneal_strategy="linear", div_factor=4)
    assert rates(up, 3) == [1, 2, 3, 4]
    short = lr_scheduler.OneCycleLR(sgd(1.0, momentum=0.5), 4, 1)
    assert short.get_last_lr() == [pytest.approx(4 / 25 / 1e4)]


def test_the_highest_rates_of_the_groups_may_come_in_a_tuple():
    scheduler = lr_scheduler.OneCycleLR(sgd(1.0, 2.0), (25, 50), 9)
    assert scheduler.get_last_lr() == [1, 2]
