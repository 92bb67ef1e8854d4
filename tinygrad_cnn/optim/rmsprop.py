"""`RMSprop`: steps scaled by the running root mean square of the gradient."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from tinygrad_cnn._types import Array
from tinygrad_cnn.optim.optimizer import Group, Optimizer, ParamsT, State


class RMSprop(Optimizer):
    """Root mean square propagation.

        d = g + weight_decay · p
        v = alpha · v + (1 − alpha) · d²
        a = alpha · a + (1 − alpha) · d           with `centered`; otherwise a = 0
        s = d / (√(v − a²) + eps)
        b = momentum · b + s                      with `momentum`; otherwise b = s
        p = p − lr · b

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own.
        lr: the learning rate.
        alpha: the share of v and a that is kept from step to step.
        eps: keeps the denominator away from 0.
        weight_decay: the factor of the penalty ½·‖p‖².
        momentum: the share of b that is kept from step to step.
        centered: divide by the standard deviation of d rather than by its root mean square.
        maximize: maximize the objective rather than minimize it.
        capturable: accepted, without effect: there is only one implementation.
        foreach: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Hinton, "Neural networks for machine learning", lecture 6e, 2012; Graves, "Generating sequences with recurrent
    neural networks", 2013 (centered).
    """

    nonnegative = ("lr", "eps", "momentum", "weight_decay", "alpha")

    def __init__(
        self, params: ParamsT, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        settings = {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered}
        execution = {"foreach": foreach, "capturable": capturable, "differentiable": differentiable}
        super().__init__(params, {**settings, "weight_decay": weight_decay, "maximize": maximize, **execution})

    @override
    def initial_state(self, group: Group) -> dict[str, float]:
        names = ["square_avg", *["grad_avg"] * group["centered"], *["momentum_buffer"] * bool(group["momentum"])]
        return dict.fromkeys(names, 0)

    @override
    def _update(self, p: Array, g: Array, state: State, group: Group) -> None:
        alpha, momentum = group["alpha"], group["momentum"]
        d = self._penalized(p, g, group)
        v = state["square_avg"].array
        v *= alpha
        v += (1 - alpha) * d * d
        variance = v
        if group["centered"]:
            a = state["grad_avg"].array
            a += (1 - alpha) * (d - a)
            variance = np.maximum(v - a * a, 0)  # rounding may leave a variance below 0
        s = d / (np.sqrt(variance) + group["eps"])
        if momentum:
            b = state["momentum_buffer"].array
            b *= momentum
            b += s
            s = b
        p -= group["lr"] * s
