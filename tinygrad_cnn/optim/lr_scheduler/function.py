"""`LambdaLR`: rates by a function of the step."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Mapping
from typing import Any

from tinygrad_cnn.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_cnn.optim.optimizer import Optimizer


class LambdaLR(LRScheduler):
    """Scale the first rates by a function of the step.

        lr(t) = lr(0) · lr_lambda(t)

    Args:
        optimizer: whose rates to change.
        lr_lambda: the function, or a list of one for each group.
        last_epoch: the number of steps already taken; -1 begins.

    Raises:
        ValueError: the list is not as long as the optimizer has groups.
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

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer; for callable objects their attributes, for functions None."""
        kept = [None if isinstance(f, types.FunctionType) else dict(vars(f)) for f in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": kept}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load the state, and the attributes of callable objects; functions stay as they are."""
        functions = self.lr_lambdas
        super().load_state_dict(state_dict)
        self.lr_lambdas = functions
        for function, attributes in zip(functions, state_dict["lr_lambdas"], strict=True):
            if attributes is not None:
                vars(function).update(copy.deepcopy(attributes))
