"""`CosineAnnealingLR` and `CosineAnnealingWarmRestarts`: rates that follow a cosine, once or with restarts."""

from __future__ import annotations

from math import cos, floor, log, pi

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """Decrease the rates along half a cosine wave; after that they increase again.

        lr(t) = eta_min + ½ · (lr(0) − eta_min) · (1 + cos(π · t / T_max))

    A step multiplies the distance of the present rate from eta_min, so the schedule combines with others.

    Args:
        optimizer: the optimizer whose rates to change.
        T_max: the number of steps down to `eta_min`.
        eta_min: the lowest rate.
        last_epoch: the number of steps already taken; -1 starts anew.

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
        self.T_max, self.eta_min = T_max, eta_min
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


class CosineAnnealingWarmRestarts(LRScheduler):
    """Decrease the rates along half a cosine wave, then restart with a wave that is `T_mult` times as long.

        lr = eta_min + ½ · (lr(0) − eta_min) · (1 + cos(π · T_cur / T_i))

    T_cur is the number of steps since the last start, T_i the length of the wave: T_0, T_0·T_mult, T_0·T_mult², …

    Args:
        optimizer: the optimizer whose rates to change.
        T_0: the length of the first wave.
        T_mult: the length of each wave divided by that of the wave before.
        eta_min: the lowest rate.
        last_epoch: the number of steps already taken; -1 starts anew.

    Raises:
        ValueError: `T_0` or `T_mult` is not a positive integer, or `eta_min` not a number; from `step`: a negative
            `epoch`.

    Ref: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803
        T_mult: int = 1,  # noqa: N803
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, float | int):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0 = self.T_i = T_0
        self.T_mult, self.eta_min = T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Take a step.

        Args:
            epoch: go to this point instead of the next one; with fractions, such as ``epoch + i / batches``, the rates
                change within an epoch.
        """
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._go_to(epoch)
        self.last_epoch = floor(epoch)
        self._write(self.get_lr)

    def _go_to(self, epoch: float) -> None:
        """Find the wave that `epoch` falls in, and the position in it."""
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        first, mult = self.T_0, self.T_mult
        if epoch < first:
            self.T_i, self.T_cur = first, epoch
        elif mult == 1:
            self.T_cur = epoch % first
        else:
            n = int(log(epoch / first * (mult - 1) + 1, mult))
            self.T_cur = epoch - first * (mult**n - 1) / (mult - 1)
            self.T_i = first * mult**n

    def _next_lr(self, i: int) -> float:
        low = self.eta_min
        return low + (self._base_lr(i) - low) * (1 + cos(pi * self.T_cur / self.T_i)) / 2
