"""`Adam` and `AdamW`: steps scaled by running moments of the gradient."""

from __future__ import annotations

import math

import numpy as np
from typing_extensions import override

from tinygrad_cnn._types import Array
from tinygrad_cnn.optim.checks import check_number
from tinygrad_cnn.optim.optimizer import Group, Optimizer, ParamsT, State, StateDict
from tinygrad_cnn.tensor import Tensor


class Adam(Optimizer):
    """Adaptive moment estimation.

        d = g + weight_decay · p
        m = β₁ · m + (1 − β₁) · d
        v = β₂ · v + (1 − β₂) · d²
        p = p − lr / (1 − β₁ᵗ) · m / (√(v / (1 − β₂ᵗ)) + eps)

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own.
        lr: the learning rate.
        betas: (β₁, β₂), the shares of m and v that are kept from step to step.
        eps: keeps the denominator away from 0.
        weight_decay: the factor of the penalty ½·‖p‖².
        amsgrad: divide by the largest v so far.
        maximize: maximize the objective rather than minimize it.
        foreach: accepted, without effect: there is only one implementation.
        capturable: likewise.
        fused: likewise.
        differentiable: must be False: a step is not recorded.
        decoupled_weight_decay: shrink p itself, as `AdamW` does, instead of adding the decay to d.

    Ref: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; Reddi et al., "On the convergence of Adam
    and beyond", 2018 (amsgrad).
    """

    nonnegative = ("lr", "eps", "weight_decay")

    def __init__(
        self, params: ParamsT, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
            raise ValueError(
                f"betas must be either both floats or both Tensors, got {type(betas[0]).__name__} and "
                f"{type(betas[1]).__name__}"
            )
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        execution = {"maximize": maximize, "foreach": foreach, "capturable": capturable}
        execution |= {"differentiable": differentiable, "fused": fused}
        super().__init__(params, {**settings, **execution, "decoupled_weight_decay": decoupled_weight_decay})

    def _check(self, settings: Group) -> None:
        super()._check(settings)
        for i, beta in enumerate(settings["betas"]):
            check_number(type(self).__name__, f"beta parameter at index {i}", beta, below=1)

    @override
    def initial_state(self, group: Group) -> dict[str, float]:
        return {"exp_avg": 0, "exp_avg_sq": 0, **({"max_exp_avg_sq": 0} if group["amsgrad"] else {})}

    @override
    def _update(self, p: Array, g: Array, state: State, group: Group) -> None:
        (beta1, beta2), lr, t = group["betas"], group["lr"], state["step"]
        if group["decoupled_weight_decay"]:
            p *= 1 - lr * group["weight_decay"]
        d = self._penalized(p, g, group)
        m, v = state["exp_avg"].array, state["exp_avg_sq"].array
        m += (1 - beta1) * (d - m)
        v *= beta2
        v += (1 - beta2) * d * d
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"].array
            v = np.maximum(largest, v, out=largest)
        p -= lr / (1 - beta1**t) * m / (np.sqrt(v) / math.sqrt(1 - beta2**t) + group["eps"])


class AdamW(Adam):
    """Adam with decoupled weight decay: it shrinks the parameter itself, and does not enter the moments.

        p = p − lr · weight_decay · p, then Adam's step with d = g

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own.
        lr: the learning rate.
        betas: (β₁, β₂), the shares of m and v that are kept from step to step.
        eps: keeps the denominator away from 0.
        weight_decay: each step reduces p by the fraction lr · weight_decay.
        amsgrad: divide by the largest v so far.
        maximize: maximize the objective rather than minimize it.
        foreach: accepted, without effect: there is only one implementation.
        capturable: likewise.
        fused: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
    """

    def __init__(
        self, params: ParamsT, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Load settings and state as for every optimizer; the weight decay stays decoupled."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
