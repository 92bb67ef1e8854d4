"""`Combined`: the base class of schedules made of other schedules."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from tinygrad_cnn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class Combined(LRScheduler):
    """Base class of schedules made of other schedules: checks them, and saves and loads their states."""

    _schedulers: Sequence[LRScheduler]

    def _check(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> Optimizer:
        """Return the one optimizer of all `schedulers`; it must be `optimizer` if that is given.

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

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer, with the states of the schedules."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Copy the state from what `state_dict` of a schedule of this class returned.

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
