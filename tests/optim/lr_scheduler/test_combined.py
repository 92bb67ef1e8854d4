"""`ChainedScheduler` and `SequentialLR`: their rates, what they refuse, and that a state is taken over as a whole."""

import copy

import pytest
from schedule_cases import SCHEDULES, rates, sequence, sgd

from tinygrad_cnn.optim import lr_scheduler
from tinygrad_cnn.optim.lr_scheduler.combined import Combined

COMBINED = ["SequentialLR", "ChainedScheduler"]


def make(name, optimizer, schedulers):
    if name == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler(schedulers, optimizer)
    return lr_scheduler.SequentialLR(optimizer, schedulers, [2] * (len(schedulers) - 1))


@pytest.mark.parametrize("name", COMBINED)
def test_what_is_no_schedule_of_this_optimizer_is_refused_with_its_position(name):
    optimizer = sgd(1.0)
    good = lr_scheduler.StepLR(optimizer, 1)
    with pytest.raises(ValueError, match=f"{name} expects at least one scheduler"):
        make(name, optimizer, [])
    with pytest.raises(TypeError, match=f"{name} at index 1 should have `optimizer` as its attribute; got int"):
        make(name, optimizer, [good, 3])
    with pytest.raises(ValueError, match=f"{name} does not support `ReduceLROnPlateau` .* one at index 1"):
        make(name, optimizer, [good, lr_scheduler.ReduceLROnPlateau(optimizer)])
    with pytest.raises(ValueError, match="same optimizer, but scheduler StepLR at index 1"):
        make(name, optimizer, [good, lr_scheduler.StepLR(sgd(1.0), 1)])


@pytest.mark.parametrize("name", COMBINED)
def test_the_state_of_what_combines_nothing_is_refused(name):
    scheduler = SCHEDULES[name](sgd(1.0, 2.0))
    with pytest.raises(ValueError, match=f"{name}: expected the states of 2 schedulers, got none"):
        scheduler.load_state_dict(SCHEDULES["StepLR"](sgd(1.0, 2.0)).state_dict())


@pytest.mark.parametrize("name", COMBINED)
def test_a_step_goes_to_no_epoch_since_every_schedule_counts_its_own(name):
    scheduler = SCHEDULES[name](sgd(1.0, 2.0))
    before = copy.deepcopy(scheduler.state_dict())
    with pytest.raises(TypeError, match=f"{name}.step: expected no argument, got epoch=3"):
        scheduler.step(3)
    assert scheduler.state_dict() == before


def test_a_combination_says_how_it_takes_a_step():
    class Idle(Combined):
        def __init__(self):
            self.optimizer = sgd(1.0)

    with pytest.raises(NotImplementedError, match="Idle does not define _advance"):
        Idle().step()


def parts(optimizer):
    return [lr_scheduler.ConstantLR(optimizer, 0.5, 2), lr_scheduler.ExponentialLR(optimizer, 0.1)]


def chain(optimizer):
    return lr_scheduler.ChainedScheduler(parts(optimizer))


def test_factors_of_all_schedules_act_at_each_step():
    scheduler = chain(sgd(1.0))
    assert rates(scheduler, 3) == [0.5, 0.05, 0.01, 0.001]
    assert scheduler.get_last_lr() == [pytest.approx(0.001)]


def test_all_schedules_are_of_one_optimizer():
    with pytest.raises(ValueError, match="same optimizer, but scheduler ConstantLR at index 0 has another one"):
        lr_scheduler.ChainedScheduler(parts(sgd(1.0)), sgd(1.0))


def test_a_state_holds_those_of_all_schedules():
    scheduler = chain(sgd(1.0))
    rates(scheduler, 2)
    again = chain(sgd(1.0))
    again.optimizer.load_state_dict(scheduler.optimizer.state_dict())
    again.load_state_dict(scheduler.state_dict())
    assert again.get_last_lr() == scheduler.get_last_lr()
    assert rates(again, 3).expected == rates(scheduler, 3).expected


RATES = [
    (
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.ConstantLR(o, 0.5, 9), lr_scheduler.ExponentialLR(o, 0.1)], [2]
        ),
        [0.5, 0.5, 1, 0.1, 0.01],
    ),
]


@pytest.mark.parametrize(("make", "expected"), RATES)
def test_the_rates_of_the_first_steps(make, expected):
    assert rates(make(sgd(1.0, momentum=0.9)), 4) == expected


REFUSED = [
    (lambda o: lr_scheduler.SequentialLR(o, [], []), ValueError, "at least one scheduler"),
    (lambda o: lr_scheduler.SequentialLR(o, [1], []), TypeError, "at index 0 should have `optimizer`"),
    (
        lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.ReduceLROnPlateau(o)], []),
        ValueError,
        "does not support `ReduceLROnPlateau` .* one at index 0",
    ),
    (
        lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(sgd(1.0), 1)], []),
        ValueError,
        "same optimizer, but scheduler StepLR at index 0",
    ),
    (
        lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(o, 1)], [3]),
        ValueError,
        "number of schedulers 1 and the number of milestones to be equal to 1",
    ),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(sgd(1.0, 2.0))


def test_a_sequence_is_loaded_whole_or_not_at_all():
    scheduler = sequence(sgd(1.0))
    rates(scheduler, 2)
    before = copy.deepcopy(scheduler.state_dict())
    state = sequence(sgd(1.0)).state_dict()
    del state["_schedulers"][1]["gamma"]
    with pytest.raises(ValueError, match="ExponentialLR: expected a state with gamma"):
        scheduler.load_state_dict(state)
    assert scheduler.state_dict() == before


def test_the_states_of_another_number_of_schedules_are_refused():
    scheduler = sequence(sgd(1.0))
    state = scheduler.state_dict()
    before = copy.deepcopy(state)
    state["_schedulers"].pop()
    with pytest.raises(ValueError, match="SequentialLR: expected the states of 2 schedulers, got 1"):
        scheduler.load_state_dict(state)
    assert scheduler.state_dict() == before
