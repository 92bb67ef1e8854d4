"""`CyclicLR`: rates that rise and fall in straight lines, again and again."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Mapping
from math import floor
from typing import Any

from tinygrad_cnn.optim.lr_scheduler.one_cycle import cycles_beta1, for_each_group
from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer

_MODES = ("triangular", "triangular2", "exp_range")


class CyclicLR(LRScheduler):
    """Go from base_lr up to max_lr and back, each cycle scaled by a function of its number or of the step.

        lr = base_lr + (max_lr − base_lr) · height · scale

    height goes from 0 to 1 in `step_size_up` steps and back in `step_size_down`. Call `step` after every batch.

    Args:
        optimizer: whose rates to change, and with `cycle_momentum` its momentum, or the first of its betas.
        base_lr: the lowest rate, or a list of one for each group.
        max_lr: the highest rate, or a list of one for each group.
        step_size_up: steps up.
        step_size_down: steps down; as many as up by default.
        mode: "triangular" (scale 1), "triangular2" (half as much in each cycle) or "exp_range" (gammaᵗ at step t).
        gamma: for "exp_range".
        scale_fn: the scale as a function, instead of `mode`.
        scale_mode: the argument of `scale_fn`: "cycle", the number of the cycle from 1 on, or "iterations", the step.
        cycle_momentum: let the momentum fall while the rates rise, and rise while they fall.
        base_momentum: the lowest momentum, or a list of one for each group.
        max_momentum: the highest momentum, or a list of one for each group.
        last_epoch: the number of steps already taken; -1 begins.

    Raises:
        ValueError: an unknown `mode`, a list that is not as long as the optimizer has groups, or an optimizer without
            momentum.

    Ref: Smith, "Cyclical learning rates for training neural networks", 2017.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        groups = self._checked(optimizer).param_groups
        lowest = for_each_group("base_lr", base_lr, groups)
        if last_epoch == -1:
            for group, rate in zip(groups, lowest, strict=True):
                group["lr"] = rate
        self.max_lrs = for_each_group("max_lr", max_lr, groups)
        down = float(step_size_up if step_size_down is None else step_size_down)
        self.total_size = step_size_up + down
        self.step_ratio = step_size_up / self.total_size
        if mode not in _MODES and scale_fn is None:
            raise ValueError(f"mode is invalid and scale_fn is None: expected one of {', '.join(_MODES)}, got {mode!r}")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = cycles_beta1(optimizer)
            self.base_momentums = for_each_group("base_momentum", base_momentum, groups)
            self.max_momentums = for_each_group("max_momentum", max_momentum, groups)
            if last_epoch == -1:
                for group, low, high in zip(groups, self.base_momentums, self.max_momentums, strict=True):
                    group.update(max_momentum=high, base_momentum=low)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lowest

    def scale_fn(self, x: float) -> float:
        """Return the scale in cycle `x` or at step `x`, depending on `scale_mode`."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        scale: float = 1 / 2.0 ** (x - 1) if self.mode == "triangular2" else self.gamma**x
        return scale

    def get_lr(self) -> list[float]:
        """Return the rates at step `last_epoch`, and write the momenta."""
        rates = super().get_lr()
        if self.cycle_momentum:
            share = self._share()
            limits = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, high in limits:
                momentum = high - (high - low) * share[0] * share[1]
                group.update({"betas": (momentum, *group["betas"][1:])} if self.use_beta1 else {"momentum": momentum})
        return rates

    def _next_lr(self, i: int) -> float:
        low = self._base_lr(i)
        height, scale = self._share()
        return low + (self.max_lrs[i] - low) * height * scale

    def _share(self) -> tuple[float, float]:
        """Return the height within the cycle, and its scale."""
        cycle = floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        return height, self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer; for a callable object its attributes, for a function None."""
        fn = self._scale_fn_custom
        kept = None if fn is None or isinstance(fn, types.FunctionType) else dict(vars(fn))
        return {**super().state_dict(), "_scale_fn_custom": kept}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load the state, and the attributes of a callable object; a function stays as it is."""
        fn = self._scale_fn_custom
        super().load_state_dict(state_dict)
        self._scale_fn_custom = fn
        if state_dict.get("_scale_fn_custom") is not None:
            vars(fn).update(copy.deepcopy(state_dict["_scale_fn_custom"]))
