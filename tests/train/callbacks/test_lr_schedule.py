"""`LRSchedule`: when schedulers step, and what is refused."""

import pytest
from fed_runs import Feed, trainer

from tinygrad_cnn import nn, optim
from tinygrad_cnn.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau, StepLR
from tinygrad_cnn.train import (
    LRSchedule,
)


def test_schedules_step_after_epochs_or_steps(loader):
    history = trainer(lambda o: LRSchedule(StepLR(o, 2, gamma=0.5)), lr=1.0).fit(loader, 5)
    assert history.column("lr") == [1.0, 1.0, 0.5, 0.5, 0.25]
    history = trainer(lambda o: LRSchedule(ExponentialLR(o, 0.5), every="step"), lr=1.0).fit(loader, 2)
    assert history.column("lr") == [0.5**3, 0.5**7]  # that of the last step
    history = trainer(Feed(1, 1, 1), lambda o: LRSchedule(ReduceLROnPlateau(o, patience=0), monitor="fed"), lr=1.0).fit(
        loader, 3
    )
    assert history.column("lr") == pytest.approx([1.0, 1.0, 0.1])


def test_schedules_refuse(loader):
    optimizer = optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    with pytest.raises(ValueError, match="'epoch' or 'step', got 'batch'"):
        LRSchedule(StepLR(optimizer, 2), every="batch")
    with pytest.raises(ValueError, match="no monitor with others, got StepLR"):
        LRSchedule(StepLR(optimizer, 2), monitor="loss")
    with pytest.raises(ValueError, match="expected monitor .* with ReduceLROnPlateau"):
        LRSchedule(ReduceLROnPlateau(optimizer))
    with pytest.raises(ValueError, match="monitor among .* got 'x'"):
        trainer(lambda o: LRSchedule(ReduceLROnPlateau(o), monitor="x")).fit(loader, 1)
    with pytest.raises(ValueError, match="a StepLR made for another one"):
        trainer(LRSchedule(StepLR(optimizer, 2))).fit(loader, 1)
    schedule, other = LRSchedule(StepLR(optimizer, 2)), LRSchedule(ExponentialLR(optimizer, 0.5))
    with pytest.raises(ValueError, match="the state of a StepLR, got that of a ExponentialLR"):
        schedule.load_state_dict(other.state_dict())
    state = schedule.state_dict()
    with pytest.raises(ValueError, match="StepLR: expected a state with .* got .*step"):
        schedule.load_state_dict({**state, "scheduler": {**state["scheduler"], "step": 1}})


def test_a_state_goes_on_and_one_of_other_times_is_refused():
    optimizer = optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    done, fresh = LRSchedule(StepLR(optimizer, 2)), LRSchedule(StepLR(optimizer, 5))
    optimizer.step()
    for _ in range(3):
        done.after_epoch({})
    fresh.load_state_dict(done.state_dict())
    assert (fresh.scheduler.last_epoch, fresh.scheduler.step_size) == (3, 2)
    with pytest.raises(ValueError, match="LRSchedule: expected a state with kind, every, monitor, scheduler, got noth"):
        fresh.load_state_dict({})
    with pytest.raises(ValueError, match="LRSchedule: expected the state of every='step', got 'epoch'"):
        LRSchedule(StepLR(optimizer, 2), every="step").load_state_dict(done.state_dict())
    plateau = LRSchedule(ReduceLROnPlateau(optimizer), monitor="loss")
    other = LRSchedule(ReduceLROnPlateau(optimizer), monitor="validation_loss")
    with pytest.raises(ValueError, match="expected the state of monitor='loss', got 'validation_loss'"):
        plateau.load_state_dict(other.state_dict())


def test_a_schedule_of_steps_waits_through_epochs_and_one_of_epochs_through_steps():
    optimizer = optim.SGD(nn.Linear(2, 2).parameters(), lr=1.0)
    steps, epochs = LRSchedule(ExponentialLR(optimizer, 0.5), every="step"), LRSchedule(ExponentialLR(optimizer, 0.5))
    optimizer.step()
    steps.after_epoch({})
    epochs.after_step()
    assert (steps.scheduler.last_epoch, epochs.scheduler.last_epoch) == (0, 0)
    steps.after_step()
    epochs.after_epoch({})
    assert (steps.scheduler.last_epoch, epochs.scheduler.last_epoch) == (1, 1)
