"""`ReduceLROnPlateau`: rates that fall when a metric stops improving."""

from __future__ import annotations

from math import inf
from typing import SupportsFloat

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler, current_rates, warn_of_epoch
from tinygrad_cnn.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rates by `factor` once a metric has not improved for more than `patience` steps.

    Args:
        optimizer: the optimizer whose rates to change.
        mode: "min" if a lower metric is better, "max" if a higher one is.
        factor: the factor, below 1.
        patience: how many steps without improvement are tolerated.
        threshold: how much better than the best metric so far a metric must be to count as an improvement.
        threshold_mode: "rel": the threshold is a share of the best metric; "abs": it is an amount.
        cooldown: the number of steps after a change during which steps without improvement are not counted.
        min_lr: the lowest rate, or a list with one for each group.
        eps: the least change of a rate; smaller changes are not made.

    Raises:
        TypeError: `optimizer` is not an optimizer.
        ValueError: `factor` is not below 1, a mode is unknown, or a list does not have one rate for each group.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"Factor should be < 1.0, got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown! Use 'min' or 'max'")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown! Use 'rel' or 'abs'")
        self.optimizer = self._checked(optimizer)
        count = len(optimizer.param_groups)
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.min_lrs = list(min_lr) if isinstance(min_lr, list | tuple) else [min_lr] * count
        if len(self.min_lrs) != count:
            raise ValueError(f"expected {count} min_lrs, got {len(self.min_lrs)}")
        self.factor, self.mode = factor, mode
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.patience, self.cooldown, self.eps = patience, cooldown, eps
        self.best = self.mode_worse = inf if mode == "min" else -inf
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = current_rates(optimizer)

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Record the metric of a step, and lower the rates if it has not improved for too long.

        Args:
            metrics: a number, or a tensor of one element; NaN does not count as an improvement.
            epoch: the number of the step (deprecated).
        """
        current = float(metrics)
        warn_of_epoch(epoch)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = current_rates(self.optimizer)

    @property
    def in_cooldown(self) -> bool:
        """Return whether steps without improvement are not counted now, after a change."""
        return self.cooldown_counter > 0

    def _is_better(self, a: float, best: float) -> bool:
        if self.threshold_mode == "rel":
            return a < best * (1.0 - self.threshold) if self.mode == "min" else a > best * (self.threshold + 1.0)
        return a < best - self.threshold if self.mode == "min" else a > best + self.threshold

    def _reduce_lr(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"The number of param groups in the `optimizer` ({len(groups)}) differs from when "
                    f"`ReduceLROnPlateau` was initialized ({len(self.min_lrs)}). Make `min_lrs` as long as the groups."
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, least in zip(groups, self.min_lrs, strict=True):
            lower = max(group["lr"] * self.factor, least)
            if group["lr"] - lower > self.eps:
                group["lr"] = lower
