"""`StepLR` and `MultiStepLR`: rates that fall at chosen steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class StepLR(LRScheduler):
    """Multiply the rates by `gamma` every `step_size` steps.

        lr(t) = lr(0) · gamma^⌊t / step_size⌋

    Args:
        optimizer: whose rates to change.
        step_size: the number of steps between two changes.
        gamma: the factor.
        last_epoch: the number of steps already taken; -1 begins.

    Raises:
        ValueError: `step_size` is not positive.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size <= 0:
            raise ValueError(f"StepLR: expected a positive step_size, got {step_size}")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        falls = self.last_epoch and self.last_epoch % self.step_size == 0
        return self._lr(i) * self.gamma if falls else self._lr(i)

    def _lr_at(self, i: int) -> float:
        return self._base_lr(i) * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(LRScheduler):
    """Multiply the rates by `gamma` at each of the `milestones`.

        lr(t) = lr(0) · gamma^(number of milestones ≤ t)

    Args:
        optimizer: whose rates to change.
        milestones: the steps at which to change them; one that is given twice counts twice.
        gamma: the factor.
        last_epoch: the number of steps already taken; -1 begins.
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        times = self.milestones.get(self.last_epoch, 0)
        return self._lr(i) * self.gamma**times if times else self._lr(i)

    def _lr_at(self, i: int) -> float:
        return self._base_lr(i) * self.gamma ** sum(step <= self.last_epoch for step in self.milestones.elements())
