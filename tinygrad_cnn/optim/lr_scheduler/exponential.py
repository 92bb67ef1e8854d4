"""`ExponentialLR`: rates that fall by the same factor at every step."""

from __future__ import annotations

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class ExponentialLR(LRScheduler):
    """Multiply the rates by `gamma` at every step.

        lr(t) = lr(0) · gammaᵗ

    Args:
        optimizer: whose rates to change.
        gamma: the factor.
        last_epoch: the number of steps already taken; -1 begins.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        return self._lr(i) if self._is_initial else self._lr(i) * self.gamma

    def _lr_at(self, i: int) -> float:
        return self._base_lr(i) * self.gamma**self.last_epoch
