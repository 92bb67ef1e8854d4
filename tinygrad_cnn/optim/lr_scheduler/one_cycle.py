"""`OneCycleLR`: rates that rise once and fall once, while the momentum falls and rises."""

from __future__ import annotations

from math import cos, pi
from typing import Any

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer

_UP = {"start_lr": "initial_lr", "end_lr": "max_lr", "start_momentum": "max_momentum", "end_momentum": "base_momentum"}
_DOWN = {"start_lr": "max_lr", "end_lr": "min_lr", "start_momentum": "base_momentum", "end_momentum": "max_momentum"}
_BACK = {**_DOWN, "end_lr": "initial_lr"}
_OUT = {"start_lr": "initial_lr", "end_lr": "min_lr", "start_momentum": "max_momentum", "end_momentum": "max_momentum"}


class OneCycleLR(LRScheduler):
    """Go from max_lr / div_factor up to max_lr, then down to max_lr / (div_factor · final_div_factor).

    From a at the start of a phase to b at its end, after the share s of its steps: a + (b − a) · (1 − cos(π · s)) / 2,
    or a + (b − a) · s. Call `step` after every batch.

    Args:
        optimizer: whose rates to change, and with `cycle_momentum` its momentum, or the first of its betas.
        max_lr: the highest rate, or a list of one for each group.
        total_steps: the number of steps; without it they are `epochs` · `steps_per_epoch`.
        epochs: see `total_steps`.
        steps_per_epoch: see `total_steps`.
        pct_start: the share of the steps in which rates rise, a float from 0 to 1.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: let the momentum fall while the rates rise, and rise while they fall.
        base_momentum: the lowest momentum, or a list of one for each group.
        max_momentum: the highest momentum, or a list of one for each group.
        div_factor: how far the first rate is below the highest.
        final_div_factor: how far the last rate is below the first.
        three_phase: fall to the first rate in as many steps as the rise took, and then on to the last rate.
        last_epoch: the number of steps already taken; -1 begins.

    Raises:
        ValueError: an argument is out of range, a list is not as long as the optimizer has groups, the optimizer has no
            momentum; `step` raises it when all steps were taken.

    Ref: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self._checked(optimizer)
        if total_steps is not None:
            self.total_steps = _positive("total_steps", total_steps)
        elif epochs is not None and steps_per_epoch is not None:
            self.total_steps = _positive("epochs", epochs) * _positive("steps_per_epoch", steps_per_epoch)
        else:
            raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_func_type = anneal_strategy
        up, last = pct_start * self.total_steps, self.total_steps - 1
        self._schedule_phases: list[dict[str, Any]] = (
            [{"end_step": up - 1, **_UP}, {"end_step": 2 * up - 2, **_BACK}, {"end_step": last, **_OUT}]
            if three_phase
            else [{"end_step": up - 1, **_UP}, {"end_step": last, **_DOWN}]
        )
        groups = optimizer.param_groups
        highest = for_each_group("max_lr", max_lr, groups)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = cycles_beta1(optimizer)
            most = for_each_group("max_momentum", max_momentum, groups)
            least = for_each_group("base_momentum", base_momentum, groups)
        if last_epoch == -1:
            for i, group in enumerate(groups):
                first = highest[i] / div_factor
                group.update(initial_lr=first, max_lr=highest[i], min_lr=first / final_div_factor)
                if cycle_momentum:
                    group.update(max_momentum=most[i], base_momentum=least[i])
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates at step `last_epoch`, and write the momenta."""
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is {self.total_steps}"
            )
        return super().get_lr()

    def _next_lr(self, i: int) -> float:
        self._base_lr(i)  # raises for a group that was added too late
        group = self.optimizer.param_groups[i]
        start = 0.0
        for phase in self._schedule_phases:
            end = phase["end_step"]
            if self.last_epoch <= end:
                break
            if phase is not self._schedule_phases[-1]:
                start = end
        share = (self.last_epoch - start) / (end - start) if end != start else 1.0  # a phase of one step ends at once
        if self.cycle_momentum:
            momentum = self._between(group[phase["start_momentum"]], group[phase["end_momentum"]], share)
            group.update({"betas": (momentum, *group["betas"][1:])} if self.use_beta1 else {"momentum": momentum})
        return self._between(group[phase["start_lr"]], group[phase["end_lr"]], share)

    def _between(self, start: float, end: float, share: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (cos(pi * share) + 1)


def _positive(name: str, value: int) -> int:
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"Expected positive integer {name}, but got {value}")
    return value


def cycles_beta1(optimizer: Optimizer) -> bool:
    """Return whether the momentum of `optimizer` is the first of its betas.

    Raises:
        ValueError: it has neither momentum nor betas.
    """
    if not {"momentum", "betas"} & set(optimizer.defaults):
        raise ValueError(
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled; "
            f"{type(optimizer).__name__} does not"
        )
    return "betas" in optimizer.defaults


def for_each_group(name: str, value: float | list[float], groups: list[dict[str, Any]]) -> list[float]:
    """Return a value for each group: `value` itself if it is a list with one for each.

    Raises:
        ValueError: a list of another length.
    """
    if not isinstance(value, list | tuple):
        return [value] * len(groups)
    if len(value) != len(groups):
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups "
            f"has {len(groups)}."
        )
    return list(value)
