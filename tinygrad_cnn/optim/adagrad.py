"""`Adagrad`: steps scaled by the sum of all squared gradients so far."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from tinygrad_cnn._types import Array
from tinygrad_cnn.optim.optimizer import Group, Optimizer, ParamsT, State


class Adagrad(Optimizer):
    """Adaptive gradient algorithm.

        d = g + weight_decay · p
        s = s + d²                                 s = initial_accumulator_value before the first step
        p = p − lr / (1 + (t − 1) · lr_decay) · d / (√s + eps)        at step t = 1, 2, …

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own.
        lr: the learning rate.
        lr_decay: how fast the learning rate decreases; see the equation.
        weight_decay: the factor of the penalty ½·‖p‖².
        initial_accumulator_value: the first value of s.
        eps: keeps the denominator away from 0.
        maximize: maximize the objective rather than minimize it.
        foreach: accepted, without effect: there is only one implementation.
        fused: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    """

    nonnegative = ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def __init__(
        self, params: ParamsT, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
        maximize: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        settings = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
        execution = {"maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused}
        super().__init__(params, {**settings, "initial_accumulator_value": initial_accumulator_value, **execution})

    @override
    def initial_state(self, group: Group) -> dict[str, float]:
        return {"sum": group["initial_accumulator_value"]}

    @override
    def _update(self, p: Array, g: Array, state: State, group: Group) -> None:
        d = self._penalized(p, g, group)
        s = state["sum"].array
        s += d * d
        p -= group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"]) * d / (np.sqrt(s) + group["eps"])
