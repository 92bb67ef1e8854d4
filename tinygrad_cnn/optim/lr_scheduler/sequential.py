"""`SequentialLR`: one schedule after another."""

from __future__ import annotations

from bisect import bisect_right

from tinygrad_cnn.optim.lr_scheduler.combined import Combined
from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class SequentialLR(Combined):
    """Follow the first of the `schedulers` up to the first of the `milestones`, then the second, which begins there.

    Args:
        optimizer: the optimizer of all the schedulers.
        schedulers: the schedules, in their order.
        milestones: the steps at which the next one takes over, one fewer than there are schedules.
        last_epoch: the number of steps already taken; -1 begins.

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

    def step(self) -> None:  # type: ignore[override]
        """Take a step of the schedule that is active."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()
