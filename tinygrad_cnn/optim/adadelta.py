"""`Adadelta`: steps scaled by running means of squared gradients and squared steps."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from tinygrad_cnn._types import Array
from tinygrad_cnn.optim.checks import check_number
from tinygrad_cnn.optim.optimizer import Group, Optimizer, ParamsT, State


class Adadelta(Optimizer):
    """Adaptive learning rates from the sizes of past gradients and past steps.

        d = g + weight_decay · p
        v = rho · v + (1 − rho) · d²
        s = √(u + eps) / √(v + eps) · d
        u = rho · u + (1 − rho) · s²
        p = p − lr · s

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own.
        lr: the factor of the steps.
        rho: the share of v and u that is kept from step to step.
        eps: makes the first steps nonzero, since u is 0 at first.
        weight_decay: the factor of the penalty ½·‖p‖².
        maximize: maximize the objective rather than minimize it.
        foreach: accepted, without effect: there is only one implementation.
        capturable: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
    """

    nonnegative = ("lr", "eps", "weight_decay")

    def __init__(
        self, params: ParamsT, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        settings = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        execution = {"foreach": foreach, "capturable": capturable, "differentiable": differentiable}
        super().__init__(params, {**settings, **execution})

    def _check(self, settings: Group) -> None:
        super()._check(settings)
        check_number("Adadelta", "rho value", settings["rho"], most=1)

    @override
    def initial_state(self, group: Group) -> dict[str, float]:
        return {"square_avg": 0, "acc_delta": 0}

    @override
    def _update(self, p: Array, g: Array, state: State, group: Group) -> None:
        rho, eps = group["rho"], group["eps"]
        d = self._penalized(p, g, group)
        v, u = state["square_avg"].array, state["acc_delta"].array
        v *= rho
        v += (1 - rho) * d * d
        s = np.sqrt(u + eps) / np.sqrt(v + eps) * d
        u *= rho
        u += (1 - rho) * s * s
        p -= group["lr"] * s
