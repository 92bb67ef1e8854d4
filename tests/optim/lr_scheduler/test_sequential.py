"""`SequentialLR`: one schedule after another."""

import copy

import pytest
from schedule_cases import rates, sequence, sgd

from tinygrad_cnn.optim import lr_scheduler

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
