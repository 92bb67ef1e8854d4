"""`StepLR`, `MultiStepLR`, `ExponentialLR`, `ConstantLR`, `LinearLR`, `LambdaLR`: rates scaled by factors."""

from __future__ import annotations

import copy
import types
from collections import Counter
from collections.abc import Callable, Iterable

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer, State, StateDict


class StepLR(LRScheduler):
    """Multiply the rates by `gamma` every `step_size` steps.

        lr(t) = lr(0) · gamma^⌊t / step_size⌋

    Args:
        optimizer: the optimizer whose rates to change.
        step_size: the number of steps between two changes.
        gamma: the factor.
        last_epoch: the number of steps already taken; -1 starts anew.

    Raises:
        ValueError: `step_size` is not positive.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size <= 0:
            raise ValueError(f"StepLR: expected a positive step_size, got {step_size}")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        falls = self.last_epoch and self.last_epoch % self.step_size == 0
        return self._lr(i) * self.gamma if falls else self._lr(i)

    def _lr_at(self, i: int) -> float:
        return self._base_lr(i) * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(LRScheduler):
    """Multiply the rates by `gamma` at each of the `milestones`.

        lr(t) = lr(0) · gamma^(number of milestones ≤ t)

    Args:
        optimizer: the optimizer whose rates to change.
        milestones: the steps at which to change them; a step that is given twice counts twice.
        gamma: the factor.
        last_epoch: the number of steps already taken; -1 starts anew.
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        times = self.milestones.get(self.last_epoch, 0)
        return self._lr(i) * self.gamma**times if times else self._lr(i)

    def _lr_at(self, i: int) -> float:
        return self._base_lr(i) * self.gamma ** sum(step <= self.last_epoch for step in self.milestones.elements())


class ExponentialLR(LRScheduler):
    """Multiply the rates by `gamma` at every step.

        lr(t) = lr(0) · gammaᵗ

    Args:
        optimizer: the optimizer whose rates to change.
        gamma: the factor.
        last_epoch: the number of steps already taken; -1 starts anew.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        return self._lr(i) if self._is_initial else self._lr(i) * self.gamma

    def _lr_at(self, i: int) -> float:
        return self._base_lr(i) * self.gamma**self.last_epoch


class ConstantLR(LRScheduler):
    """Scale the rates by `factor` for `total_iters` steps.

    Args:
        optimizer: the optimizer whose rates to change.
        factor: the factor, from 0 to 1.
        total_iters: the number of steps after which the rates return to their original values.
        last_epoch: the number of steps already taken; -1 starts anew.

    Raises:
        ValueError: `factor` is out of range.
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"Constant multiplicative factor expected to be between 0 and 1, got {factor}")
        self.factor, self.total_iters = factor, total_iters
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
    """Scale the rates by a factor that changes linearly from `start_factor` to `end_factor`: a warm-up, or a decay.

        lr(t) = lr(0) · (start_factor + (end_factor − start_factor) · min(t, total_iters) / total_iters)

    Args:
        optimizer: the optimizer whose rates to change.
        start_factor: the factor at step 0, above 0 and at most 1.
        end_factor: the factor from step `total_iters` on, from 0 to 1.
        total_iters: the number of steps between the two.
        last_epoch: the number of steps already taken; -1 starts anew.

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
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
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


class LambdaLR(LRScheduler):
    """Scale the initial rates by a function of the step.

        lr(t) = lr(0) · lr_lambda(t)

    Args:
        optimizer: the optimizer whose rates to change.
        lr_lambda: the function, or a list with one for each group.
        last_epoch: the number of steps already taken; -1 starts anew.

    Raises:
        ValueError: the list does not have one function for each group.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(self._checked(optimizer).param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * count
        if len(self.lr_lambdas) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def _next_lr(self, i: int) -> float:
        return self._base_lr(i) * self.lr_lambdas[i](self.last_epoch)

    def state_dict(self) -> State:
        """Return everything but the optimizer. Callable objects are saved as their attributes, functions as None."""
        return {**super().state_dict(), "lr_lambdas": [attributes_of(one) for one in self.lr_lambdas]}

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Load the state, and the attributes of callable objects; functions are left unchanged."""
        functions = self.lr_lambdas
        super().load_state_dict(state_dict)
        self.lr_lambdas = functions
        for function, attributes in zip(functions, state_dict["lr_lambdas"], strict=True):
            restore(function, attributes)


def attributes_of(function: Callable[..., float] | None) -> State | None:
    """Return what a state_dict keeps of a function: the attributes of a callable object, otherwise None."""
    return None if function is None or isinstance(function, types.FunctionType) else dict(vars(function))


def restore(function: Callable[..., float] | None, attributes: State | None) -> None:
    """Give a callable object the attributes that `attributes_of` returned, copied."""
    if attributes is not None:
        vars(function).update(copy.deepcopy(attributes))
