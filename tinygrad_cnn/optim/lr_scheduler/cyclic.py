"""`CyclicLR` and `OneCycleLR`: rates that rise and fall, repeatedly or once, while the momentum falls and rises."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, floor, pi

from tinygrad_cnn.optim.lr_scheduler.factors import attributes_of, restore
from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Group, Optimizer, State, StateDict

_MODES = ("triangular", "triangular2", "exp_range")
_UP = {"start_lr": "initial_lr", "end_lr": "max_lr", "start_momentum": "max_momentum", "end_momentum": "base_momentum"}
_DOWN = {"start_lr": "max_lr", "end_lr": "min_lr", "start_momentum": "base_momentum", "end_momentum": "max_momentum"}
_BACK = {**_DOWN, "end_lr": "initial_lr"}
_OUT = {"start_lr": "initial_lr", "end_lr": "min_lr", "start_momentum": "max_momentum", "end_momentum": "max_momentum"}


class _MomentumCycle(LRScheduler):
    """Base of the schedules that may vary the momentum, or the first of the betas, opposite to the rates."""

    use_beta1: bool

    def _note_momenta(
        self, optimizer: Optimizer, base: float | list[float], most: float | list[float], begins: bool
    ) -> tuple[list[float], list[float]]:
        """Return the lowest and the highest momentum of each group; store them in the group if the schedule `begins`.

        Raises:
            ValueError: the optimizer has neither momentum nor betas, or a list does not have one value for each group.
        """
        if not {"momentum", "betas"} & set(optimizer.defaults):
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled; "
                f"{type(optimizer).__name__} does not"
            )
        self.use_beta1 = "betas" in optimizer.defaults
        lowest = _for_each_group("base_momentum", base, optimizer.param_groups)
        highest = _for_each_group("max_momentum", most, optimizer.param_groups)
        if begins:
            for group, low, high in zip(optimizer.param_groups, lowest, highest, strict=True):
                group.update(max_momentum=high, base_momentum=low)
        return lowest, highest

    def _write_momentum(self, i: int, momentum: float) -> None:
        group = self.optimizer.param_groups[i]
        group.update({"betas": (momentum, *group["betas"][1:])} if self.use_beta1 else {"momentum": momentum})


class CyclicLR(_MomentumCycle):
    """Vary the rate from base_lr up to max_lr and back, with a scale that depends on the cycle or on the step.

        lr = base_lr + (max_lr − base_lr) · height · scale

    height goes from 0 to 1 in `step_size_up` steps and back in `step_size_down`. Call `step` after every batch.

    Args:
        optimizer: the optimizer whose rates to change; with `cycle_momentum` also its momentum, or its first beta.
        base_lr: the lowest rate, or a list with one for each group.
        max_lr: the highest rate, or a list with one for each group.
        step_size_up: the number of steps up.
        step_size_down: the number of steps down; by default, the same as up.
        mode: "triangular" (scale 1), "triangular2" (half as much in each cycle) or "exp_range" (gammaᵗ at step t).
        gamma: the base of the scale of "exp_range".
        scale_fn: the scale as a function, instead of `mode`.
        scale_mode: the argument of `scale_fn`: "cycle", the number of the cycle from 1 on, or "iterations", the step.
        cycle_momentum: let the momentum fall while the rates rise, and rise while they fall.
        base_momentum: the lowest momentum, or a list with one for each group.
        max_momentum: the highest momentum, or a list with one for each group.
        last_epoch: the number of steps already taken; -1 starts anew.

    Raises:
        ValueError: an unknown `mode`, a list without one value for each group, or an optimizer without
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
        lowest = _for_each_group("base_lr", base_lr, groups)
        if last_epoch == -1:
            for group, rate in zip(groups, lowest, strict=True):
                group["lr"] = rate
        self.max_lrs = _for_each_group("max_lr", max_lr, groups)
        down = float(step_size_up if step_size_down is None else step_size_down)
        self.total_size = step_size_up + down
        self.step_ratio = step_size_up / self.total_size
        if mode not in _MODES and scale_fn is None:
            raise ValueError(f"mode is invalid and scale_fn is None: expected one of {', '.join(_MODES)}, got {mode!r}")
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            momenta = self._note_momenta(optimizer, base_momentum, max_momentum, begins=last_epoch == -1)
            self.base_momentums, self.max_momentums = momenta
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lowest

    def scale_fn(self, x: float) -> float:
        """Return the scale in cycle `x` or at step `x`, depending on `scale_mode`."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return float(1 / 2.0 ** (x - 1) if self.mode == "triangular2" else self.gamma**x)

    def get_lr(self) -> list[float]:
        """Return the rates at step `last_epoch`, and write the momenta."""
        rates = super().get_lr()
        if self.cycle_momentum:
            height, scale = self._share()
            for i, (low, high) in enumerate(zip(self.base_momentums, self.max_momentums, strict=True)):
                self._write_momentum(i, high - (high - low) * height * scale)
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

    def state_dict(self) -> State:
        """Return everything but the optimizer. A callable object is saved as its attributes, a function as None."""
        return {**super().state_dict(), "_scale_fn_custom": attributes_of(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Load the state, and the attributes of a callable object; a function is left unchanged."""
        fn = self._scale_fn_custom
        super().load_state_dict(state_dict)
        self._scale_fn_custom = fn
        restore(fn, state_dict.get("_scale_fn_custom"))


class OneCycleLR(_MomentumCycle):
    """Raise the rate from max_lr / div_factor to max_lr, then lower it to max_lr / (div_factor · final_div_factor).

    At the fraction s of a phase from a to b, the rate is a + (b − a) · (1 − cos(π · s)) / 2, or a + (b − a) · s if the
    strategy is linear. Call `step` after every batch.

    Args:
        optimizer: the optimizer whose rates to change; with `cycle_momentum` also its momentum, or its first beta.
        max_lr: the highest rate, or a list with one for each group.
        total_steps: the number of steps; by default `epochs` · `steps_per_epoch`.
        epochs: see `total_steps`.
        steps_per_epoch: see `total_steps`.
        pct_start: the fraction of the steps in which the rate rises, from 0 to 1.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: let the momentum fall while the rates rise, and rise while they fall.
        base_momentum: the lowest momentum, or a list with one for each group.
        max_momentum: the highest momentum, or a list with one for each group.
        div_factor: the highest rate divided by the first rate.
        final_div_factor: the first rate divided by the last rate.
        three_phase: fall back to the first rate in as many steps as the rise took, then to the last rate.
        last_epoch: the number of steps already taken; -1 starts anew.

    Raises:
        ValueError: an argument is out of range, a list does not have one value for each group, the optimizer has no
            momentum; from `step`: all steps were taken already.

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
        self._schedule_phases: list[Group] = (
            [{"end_step": up - 1, **_UP}, {"end_step": 2 * up - 2, **_BACK}, {"end_step": last, **_OUT}]
            if three_phase
            else [{"end_step": up - 1, **_UP}, {"end_step": last, **_DOWN}]
        )
        groups = optimizer.param_groups
        highest = _for_each_group("max_lr", max_lr, groups)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._note_momenta(optimizer, base_momentum, max_momentum, begins=last_epoch == -1)
        if last_epoch == -1:
            for group, most in zip(groups, highest, strict=True):
                first = most / div_factor
                group.update(initial_lr=first, max_lr=most, min_lr=first / final_div_factor)
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
        part = (self.last_epoch - start) / (end - start) if end != start else 1.0  # a phase of one step ends at once
        if self.cycle_momentum:
            start_momentum, end_momentum = group[phase["start_momentum"]], group[phase["end_momentum"]]
            self._write_momentum(i, self._between(start_momentum, end_momentum, part))
        return self._between(group[phase["start_lr"]], group[phase["end_lr"]], part)

    def _between(self, start: float, end: float, part: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2.0 * (cos(pi * part) + 1)


def _positive(name: str, value: int) -> int:
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"Expected positive integer {name}, but got {value}")
    return value


def _for_each_group(name: str, value: float | list[float], groups: list[Group]) -> list[float]:
    """Return a list with `value` for each group; `value` itself if it is a list of that length.

    Raises:
        ValueError: `value` is a list of another length.
    """
    if not isinstance(value, list | tuple):
        return [value] * len(groups)
    if len(value) != len(groups):
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups "
            f"has {len(groups)}."
        )
    return list(value)
