"""`ChainedScheduler`: several schedules at once."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn.optim.lr_scheduler.combined import Combined
from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class ChainedScheduler(Combined):
    """Take a step of every schedule, one after another: each changes the rates that the previous one wrote.

    Schedules that multiply the present rate, such as `ExponentialLR` and `ConstantLR`, act together. One that computes
    the rate anew, such as `LambdaLR`, undoes the changes of those before it.

    Args:
        schedulers: the schedules, in their order.
        optimizer: the optimizer of the schedules; it may be left out.

    Raises:
        TypeError: one of the `schedulers` is not a schedule.
        ValueError: no schedulers, one of another optimizer, or one that needs a metric.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self.optimizer = self._check(schedulers, optimizer)
        self._schedulers = schedulers
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def step(self) -> None:  # type: ignore[override]
        """Take a step of every schedule."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]
