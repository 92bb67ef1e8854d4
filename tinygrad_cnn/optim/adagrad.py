"""`Adagrad`: steps scaled by the size of all gradients so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import full_like
from tinygrad_cnn.optim.checks import check_number
from tinygrad_cnn.optim.optimizer import Optimizer, ParamsT
from tinygrad_cnn.tensor import Tensor


class Adagrad(Optimizer):
    """Adaptive gradient algorithm.

        d = g + weight_decay · p
        s = s + d²                                 s = initial_accumulator_value before the first step
        p = p − lr / (1 + (t − 1) · lr_decay) · d / (√s + eps)        at step t = 1, 2, …

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own.
        lr: the learning rate.
        lr_decay: how fast the learning rate falls with the steps.
        weight_decay: the factor of the penalty ½·‖p‖².
        initial_accumulator_value: where s begins.
        eps: keeps the denominator away from 0.
        maximize: climb rather than descend.
        foreach: accepted for PyTorch's sake: there is one way to take a step.
        fused: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    """

    _step_name = "adagrad_step"

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        settings = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, settings)

    def _check(self, settings: dict[str, Any]) -> None:
        check_number("Adagrad", "learning rate", settings["lr"])
        check_number("Adagrad", "lr_decay value", settings["lr_decay"])
        check_number("Adagrad", "weight_decay value", settings["weight_decay"])
        check_number("Adagrad", "initial_accumulator_value value", settings["initial_accumulator_value"])
        check_number("Adagrad", "epsilon value", settings["eps"])

    def _state_of(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state = self.state.setdefault(p, {})
        if not state:
            state.update(step=0, sum=full_like(p, group["initial_accumulator_value"]))
        return state

    def _row(self, p: Tensor, group: dict[str, Any]) -> tuple[Any, list[Array]]:
        state = self._state_of(p, group)
        return state["step"], [p.array, p._grad.array, state["sum"].array]  # type: ignore[union-attr]

    def _settings(self, group: dict[str, Any], key: Any) -> tuple[Any, ...]:
        lr = group["lr"] / (1 + key * group["lr_decay"])
        return lr, group["eps"], group["weight_decay"], group["maximize"]

    def _update(self, p: Tensor, g: Array, group: dict[str, Any]) -> None:
        d = self._penalized(p, g, group)
        scratch = self._scratch(p.array, 1)
        state = self._state_of(p, group)
        state["step"] += 1
        s = state["sum"].array
        s += np.multiply(d, d, out=scratch)
        np.sqrt(s, out=scratch)
        scratch += group["eps"]
        np.divide(d, scratch, out=scratch)
        scratch *= group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        np.subtract(p.array, scratch, out=p.array)
