"""`ReduceLROnPlateau`: rates that fall when a metric stops improving."""

from __future__ import annotations

import warnings
from math import inf
from typing import Any, SupportsFloat

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rates by `factor` once a metric has not improved for more than `patience` steps.

    Args:
        optimizer: whose rates to change.
        mode: "min" if a lower metric is better, "max" if a higher one is.
        factor: the factor, below 1.
        patience: how many steps without improvement are tolerated.
        threshold: how much better than the best metric so far a metric must be to count as an improvement.
        threshold_mode: "rel": the threshold is a share of the best metric; "abs": it is an amount.
        cooldown: the number of steps after a change in which steps without improvement are not counted.
        min_lr: the lowest rate, or a list of one for each group.
        eps: rates are changed by more than this or not at all.

    Raises:
        TypeError: `optimizer` is not an optimizer.
        ValueError: `factor` is not below 1, a mode is unknown, or a list is not as long as the optimizer has groups.
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
        one = not isinstance(min_lr, list | tuple)
        self.default_min_lr = min_lr if one else None
        self.min_lrs: list[Any] = [min_lr] * count if one else list(min_lr)  # type: ignore[arg-type]
        if len(self.min_lrs) != count:
            raise ValueError(f"expected {count} min_lrs, got {len(self.min_lrs)}")
        self.factor = factor
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.mode_worse = inf if mode == "min" else -inf
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self.last_epoch = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Note the metric of a step, and lower the rates if it has not improved for too long.

        Args:
            metrics: a number, or a tensor of one element; NaN is no improvement.
            epoch: the number of the step (deprecated).
        """
        current = float(metrics)
        if epoch is not None:
            warnings.warn(
                "The epoch parameter in `scheduler.step()` is deprecated; call `step()` without it", stacklevel=2
            )
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
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

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
