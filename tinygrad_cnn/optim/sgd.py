"""`SGD`: stochastic gradient descent, with momentum, also in Nesterov's form."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.optim.optimizer import Group, Optimizer, ParamsT, State
from tinygrad_cnn.tensor import Tensor


class SGD(Optimizer):
    """Stochastic gradient descent.

        d = g + weight_decay · p
        v = momentum · v + (1 − dampening) · d        v = d at the first step
        p = p − lr · v                                p − lr · (d + momentum · v) with `nesterov`

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own.
        lr: the learning rate.
        momentum: the share of the velocity v that is kept from step to step; with 0, v = d.
        dampening: the share of d that is left out of v.
        weight_decay: the factor of the penalty ½·‖p‖².
        nesterov: use Nesterov's form, which looks ahead along v.
        maximize: maximize the objective rather than minimize it.
        foreach: accepted, without effect: there is only one implementation.
        fused: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.
    """

    nonnegative = ("lr", "momentum", "weight_decay")
    counts_steps = False

    def __init__(
        self, params: ParamsT, lr: float = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: float = 0,
        nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:  # fmt: skip
        settings = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        execution = {"maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused}
        super().__init__(params, {**settings, "nesterov": nesterov, **execution})

    def _check(self, settings: Group) -> None:
        super()._check(settings)
        momentum, dampening = settings["momentum"], settings["dampening"]
        if settings["nesterov"] and (momentum <= 0 or dampening != 0):
            raise ValueError(
                f"Nesterov momentum requires a momentum and zero dampening, got momentum={momentum} and "
                f"dampening={dampening}"
            )

    @override
    def state_of(self, p: Tensor, group: Group) -> State:
        return self.state[p] if group["momentum"] else {}

    @override
    def _update(self, p: Array, g: Array, state: State, group: Group) -> None:
        d, momentum = self._penalized(p, g, group), group["momentum"]
        if momentum and state.get("momentum_buffer") is None:
            state["momentum_buffer"] = from_numpy(np.array(d))
        elif momentum:
            v = state["momentum_buffer"].array
            v *= momentum
            v += (1 - group["dampening"]) * d
        if momentum:
            v = state["momentum_buffer"].array
            d = d + momentum * v if group["nesterov"] else v
        p -= group["lr"] * d
