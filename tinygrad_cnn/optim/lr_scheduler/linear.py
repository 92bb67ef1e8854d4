"""`ConstantLR` and `LinearLR`: rates that are scaled for the first steps, by one factor or by a changing one."""

from __future__ import annotations

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class ConstantLR(LRScheduler):
    """Scale the rates by `factor` for `total_iters` steps.

    Args:
        optimizer: whose rates to change.
        factor: the factor, from 0 to 1.
        total_iters: the number of steps until the rates are back at their own values.
        last_epoch: the number of steps already taken; -1 begins.

    Raises:
        ValueError: `factor` is out of range.
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"Constant multiplicative factor expected to be between 0 and 1, got {factor}")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        lr = self._lr(i)
        if self.last_epoch == 0:
            return lr * self.factor
        if self.last_epoch != self.total_iters:
            return lr
        return lr * (1.0 / self.factor) if self.factor else self._base_lr(i)

    def _lr_at(self, i: int) -> float:
        return self._base_lr(i) * (self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor))


class LinearLR(LRScheduler):
    """Scale the rates by a factor that goes along a line from `start_factor` to `end_factor`: a warm-up, or a decay.

        lr(t) = lr(0) · (start_factor + (end_factor − start_factor) · min(t, total_iters) / total_iters)

    Args:
        optimizer: whose rates to change.
        start_factor: the factor at step 0, above 0 and at most 1.
        end_factor: the factor from step `total_iters` on, from 0 to 1.
        total_iters: the number of steps between the two.
        last_epoch: the number of steps already taken; -1 begins.

    Raises:
        ValueError: a factor is out of range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to 1, got "
                f"{start_factor}"
            )
        if not 0 <= end_factor <= 1:
            raise ValueError(f"Ending multiplicative factor expected to be between 0 and 1, got {end_factor}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        lr = self._lr(i)
        if self.last_epoch == 0:
            return lr * self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        return lr * (1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))

    def _lr_at(self, i: int) -> float:
        rise = self.end_factor - self.start_factor
        risen = rise * min(self.total_iters, self.last_epoch) / self.total_iters if self.total_iters else 0
        return self._base_lr(i) * (self.start_factor + risen)
