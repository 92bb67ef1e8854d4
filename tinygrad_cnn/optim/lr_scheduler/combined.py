"""`Combined`: the base class of schedules made of other schedules."""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Sequence

from tinygrad_cnn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler, current_rates
from tinygrad_cnn.optim.optimizer import Optimizer, State, StateDict


class Combined(LRScheduler):
    """Base class of schedules made of other schedules: checks them, and saves and loads their states."""

    _schedulers: Sequence[LRScheduler]

    def step(self, epoch: int | None = None) -> None:
        """Take a step of the schedules whose turn it is.

        Raises:
            TypeError: `epoch` is given: every schedule counts its own steps.
        """
        if epoch is not None:
            raise TypeError(f"{type(self).__name__}.step: expected no argument, got epoch={epoch}")
        self._advance()
        self._last_lr = current_rates(self.optimizer)

    def _advance(self) -> None:
        """Take the step."""
        raise NotImplementedError(f"{type(self).__name__} does not define _advance")

    def _check(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> Optimizer:
        """Return the optimizer, which all `schedulers` must share; it must be `optimizer` if that is given.

        Raises:
            TypeError: one of the `schedulers` is not a schedule.
            ValueError: no schedulers, one of another optimizer, or one that needs a metric.
        """
        name = type(self).__name__
        if not schedulers:
            raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
        for i, scheduler in enumerate(schedulers):
            kind = type(scheduler).__name__
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"{name} at index {i} should have `optimizer` as its attribute; got {kind}")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau` scheduler as its `step` needs a metric, but got "
                    f"one at index {i}"
                )
            optimizer = scheduler.optimizer if optimizer is None else optimizer
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but scheduler "
                    f"{kind} at index {i} has another one"
                )
        assert optimizer is not None  # there is a scheduler
        return optimizer

    def state_dict(self) -> State:
        """Return everything but the optimizer, with the states of the schedules."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Load a copy of a state that `state_dict` of a schedule of this class returned.

        Raises:
            ValueError: the state is that of another schedule; nothing was changed.
        """
        states = state_dict.get("_schedulers")
        if states is None or len(states) != len(self._schedulers):
            found = "none" if states is None else str(len(states))
            name = type(self).__name__
            raise ValueError(f"{name}: expected the states of {len(self._schedulers)} schedulers, got {found}")
        before = [copy.deepcopy(scheduler.state_dict()) for scheduler in self._schedulers]
        try:
            for scheduler, state in zip(self._schedulers, states, strict=True):
                scheduler.load_state_dict(state)
        except ValueError:
            for scheduler, state in zip(self._schedulers, before, strict=True):
                scheduler.load_state_dict(state)
            raise
        vars(self).update(
            {key: copy.deepcopy(value) for key, value in state_dict.items() if key not in ("_schedulers", "optimizer")}
        )


class ChainedScheduler(Combined):
    """Take a step of every schedule in turn: each changes the rates that the schedule before it wrote.

    Schedules that multiply the present rate, such as `ExponentialLR` and `ConstantLR`, combine. A schedule that sets
    the rate anew, such as `LambdaLR`, overwrites the changes of those before it.

    Args:
        schedulers: the schedules, in their order.
        optimizer: the optimizer whose rates to change; by default that of the first schedule.

    Raises:
        TypeError: one of the `schedulers` is not a schedule.
        ValueError: no schedulers, one of another optimizer, or one that needs a metric.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self.optimizer = self._check(schedulers, optimizer)
        self._schedulers = schedulers
        self._last_lr = current_rates(self.optimizer)

    def _advance(self) -> None:
        for scheduler in self._schedulers:
            scheduler.step()


class SequentialLR(Combined):
    """Follow the first of the `schedulers` up to the first milestone, then start the second one, and so on.

    Args:
        optimizer: the optimizer of all the schedulers.
        schedulers: the schedules, in their order.
        milestones: the steps at which the next schedule takes over, one fewer than there are schedules.
        last_epoch: the number of steps already taken; -1 starts anew.

    Raises:
        TypeError: one of the `schedulers` is not a schedule.
        ValueError: no schedulers, one of another optimizer, one that needs a metric, or milestones that do not fit.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        self.optimizer = self._check(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                f"milestone points, but got number of schedulers {len(schedulers)} and the number of milestones to be "
                f"equal to {len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:  # each scheduler took its first step when it was made; undo these
            group["lr"] = group["initial_lr"]
        self._undo()
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _undo(self) -> None:
        """Undo the first step of all the schedules."""
        for scheduler in self._schedulers:
            if isinstance(scheduler, SequentialLR):
                scheduler._undo()
            else:
                scheduler.last_epoch -= 1

    def _advance(self) -> None:
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            self._schedulers[i]._update_lr(0)
        else:
            self._schedulers[i].step()
