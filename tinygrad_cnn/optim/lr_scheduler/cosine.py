"""`CosineAnnealingLR`: rates that follow a cosine."""

from __future__ import annotations

from math import cos, pi

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """Let the rates fall along half a wave of a cosine, and rise again after it.

        lr(t) = eta_min + ½ · (lr(0) − eta_min) · (1 + cos(π · t / T_max))

    A step multiplies the present rate's distance from eta_min, so that another schedule may act on it too.

    Args:
        optimizer: whose rates to change.
        T_max: the number of steps down to `eta_min`.
        eta_min: the lowest rate.
        last_epoch: the number of steps already taken; -1 begins.

    Raises:
        ValueError: `T_max` is not positive.

    Ref: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017; without the restarts.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,  # noqa: N803
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_max <= 0:
            raise ValueError(f"CosineAnnealingLR: expected a positive T_max, got {T_max}")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        lr, t, period, low = self._lr(i), self.last_epoch, self.T_max, self.eta_min
        if self._is_initial:
            return lr
        if (t - 1 - period) % (2 * period) == 0:  # at the lowest point of the wave there is no distance to multiply
            return lr + (self._base_lr(i) - low) * (1 - cos(pi / period)) / 2
        return (1 + cos(pi * t / period)) / (1 + cos(pi * (t - 1) / period)) * (lr - low) + low

    def _lr_at(self, i: int) -> float:
        low = self.eta_min
        return low + (self._base_lr(i) - low) * (1 + cos(pi * self.last_epoch / self.T_max)) / 2
