"""`LRScheduler`: counts steps, writes a learning rate into each group, saves and loads its state."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable

from tinygrad_cnn._reprs import settings_repr
from tinygrad_cnn.optim.optimizer import Optimizer, State, StateDict


class LRScheduler:
    """Base class of the schedules; a subclass defines in `_next_lr`, or in `get_lr`, how a step changes the rates.

    The constructor writes the rates of step 0, and stores in each group, as "initial_lr", the rate to start from.

    Args:
        optimizer: the optimizer whose rates to change.
        last_epoch: the number of steps already taken; -1 starts anew. To resume, load the state of the optimizer first.

    Attributes:
        base_lrs: the rate that each group starts from.
        last_epoch: how many steps were taken.

    Raises:
        TypeError: `optimizer` is not an optimizer.
        KeyError: `last_epoch` is not -1, and a group has no "initial_lr".
    """

    base_lrs: list[float]
    _last_lr: list[float]
    _is_initial = False
    """Whether this is the first step, which the constructor takes."""
    _get_lr_called_within_step = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = self._checked(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming {type(self).__name__} "
                    f"with last_epoch={last_epoch}; load the state of the optimizer first"
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _checked(self, optimizer: object) -> Optimizer:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer, which {type(self).__name__} expects")
        return optimizer

    def _initial_step(self) -> None:
        """Write the rates of step 0."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def step(self, epoch: int | None = None) -> None:
        """Take a step: write the next learning rates. Call it after the optimizer's own step.

        Args:
            epoch: go to this step instead of the next one (deprecated).

        Warns:
            UserWarning: the optimizer has not taken a step yet, so the first rate is never used; or `epoch` is given.
        """
        own = type(self.optimizer).step is Optimizer.step  # a subclass may have a step that does not set _opt_called
        if self._step_count == 1 and own and not self.optimizer._opt_called:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first value of the learning "
                "rate schedule is skipped. Call `optimizer.step()` first",
                stacklevel=2,
            )
        self._step_count += 1
        warn_of_epoch(epoch)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = getattr(self, "_lr_at", None)  # the rate at any step in closed form, if the schedule has one
        if epoch is None or closed is None:
            self._write(self.get_lr)
        else:
            self._write(lambda: [closed(i) for i in range(len(self.optimizer.param_groups))])

    def _write(self, compute: Callable[[], list[float]]) -> None:
        """Write the rates that `compute` returns."""
        self._get_lr_called_within_step = True
        try:
            rates = compute()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = rates

    def get_lr(self) -> list[float]:
        """Return the rates one step after the present rates, which `get_last_lr` returns."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.", stacklevel=2
            )
        return [self._next_lr(i) for i in range(len(self.optimizer.param_groups))]

    def _next_lr(self, i: int) -> float:
        """Return the rate of group `i` at step `last_epoch`, computed from the rate of the step before, `_lr(i)`."""
        raise NotImplementedError(f"{type(self).__name__} defines neither get_lr nor _next_lr")

    def _lr(self, i: int) -> float:
        return float(self.optimizer.param_groups[i]["lr"])

    def _base_lr(self, i: int) -> float:
        if i >= len(self.base_lrs):
            raise ValueError(
                f"{type(self).__name__}: parameter group {i} came after the scheduler was made, with no rate to start "
                "from; call add_param_group first"
            )
        return self.base_lrs[i]

    def get_last_lr(self) -> list[float]:
        """Return the rates that were written last, one for each group."""
        return self._last_lr

    def __repr__(self) -> str:
        return settings_repr(self, ("optimizer", "last_epoch"), last_epoch=self.last_epoch, lr=self._last_lr)

    def state_dict(self) -> State:
        """Return everything but the optimizer."""
        return {key: value for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Load a copy of a state that `state_dict` returned; the rates are part of the optimizer's state.

        Raises:
            ValueError: the state is that of another schedule or for another number of groups; nothing was changed.
        """
        name = type(self).__name__
        missing = [key for key in self.state_dict() if not key.startswith("_") and key not in state_dict]
        if missing:
            raise ValueError(f"{name}: expected a state with {', '.join(missing)}, got {', '.join(state_dict)}")
        for key in ("base_lrs", "min_lrs"):
            if key in state_dict and len(state_dict[key]) != len(self.optimizer.param_groups):
                raise ValueError(
                    f"{name}: expected {key} for {len(self.optimizer.param_groups)} parameter groups, got "
                    f"{len(state_dict[key])}"
                )
        vars(self).update(copy.deepcopy(dict(state_dict)))


def warn_of_epoch(epoch: int | None) -> None:
    """Warn the caller of `step` that its argument `epoch` is deprecated, if it is given."""
    if epoch is not None:
        text = "The epoch parameter in `scheduler.step()` is deprecated; call `step()` without it"
        warnings.warn(text, stacklevel=3)


def current_rates(optimizer: Optimizer) -> list[float]:
    """Return the learning rate of each group."""
    return [group["lr"] for group in optimizer.param_groups]


_LRScheduler = LRScheduler
"""The name before PyTorch 2.0."""
