"""What schedules of schedules check, and that a state is taken over as a whole."""

import pytest
from schedule_cases import SCHEDULES, sgd

from tinygrad_cnn.optim import lr_scheduler

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
