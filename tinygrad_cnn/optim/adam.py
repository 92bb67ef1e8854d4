"""`Adam` and `AdamW`: steps scaled by running moments of the gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import zeros_like
from tinygrad_cnn.optim.checks import check_number
from tinygrad_cnn.optim.optimizer import Optimizer, ParamsT
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
        betas: (β₁, β₂), the parts of m and v that are kept from step to step.
        eps: keeps the denominator away from 0.
        weight_decay: the factor of the penalty ½·‖p‖².
        amsgrad: divide by the largest v so far.
        maximize: climb rather than descend.
        foreach: accepted for PyTorch's sake: there is one way to take a step.
        capturable: likewise.
        fused: likewise.
        differentiable: must be False: a step is not recorded.
        decoupled_weight_decay: let the decay shrink p itself, as `AdamW` does, rather than enter d.

    Ref: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; Reddi et al., "On the convergence of Adam
    and beyond", 2018 (amsgrad).
    """

    _step_name = "adam_step"

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
            raise ValueError(
                f"betas must be either both floats or both Tensors, got {type(betas[0]).__name__} and "
                f"{type(betas[1]).__name__}"
            )
        settings = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, settings)

    def _check(self, settings: dict[str, Any]) -> None:
        name = type(self).__name__
        check_number(name, "learning rate", settings["lr"])
        check_number(name, "epsilon value", settings["eps"])
        check_number(name, "beta parameter at index 0", settings["betas"][0], below=1)
        check_number(name, "beta parameter at index 1", settings["betas"][1], below=1)
        check_number(name, "weight_decay value", settings["weight_decay"])

    def _state_of(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state = self.state.setdefault(p, {})
        if not state:
            state.update(step=0, exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros_like(p)
        return state

    def _row(self, p: Tensor, group: dict[str, Any]) -> tuple[Any, list[Array]]:
        state = self._state_of(p, group)
        row = [p.array, p._grad.array, state["exp_avg"].array, state["exp_avg_sq"].array]  # type: ignore[union-attr]
        if group["amsgrad"]:
            row.append(state["max_exp_avg_sq"].array)
        return state["step"], row

    def _settings(self, group: dict[str, Any], key: Any) -> tuple[Any, ...]:
        beta1, beta2 = group["betas"]
        lr, decay, decoupled = group["lr"], group["weight_decay"], group["decoupled_weight_decay"]
        return (
            lr / (1 - beta1 ** (key + 1)), beta1, beta2, group["eps"], 1 / math.sqrt(1 - beta2 ** (key + 1)),
            lr * decay if decoupled else decay, group["amsgrad"], group["maximize"], decoupled,
        )  # fmt: skip

    def _update(self, p: Tensor, g: Array, group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        if group["decoupled_weight_decay"] and group["weight_decay"]:
            np.multiply(p.array, 1 - group["lr"] * group["weight_decay"], out=p.array)
        d = self._penalized(p, g, group)
        scratch = self._scratch(p.array, 1)
        state = self._state_of(p, group)
        state["step"] += 1
        m, v = state["exp_avg"].array, state["exp_avg_sq"].array
        np.subtract(d, m, out=scratch)  # m += (1 − β₁) · (d − m)
        scratch *= 1 - beta1
        m += scratch
        np.multiply(d, d, out=scratch)  # v = β₂ · v + (1 − β₂) · d²
        scratch *= 1 - beta2
        v *= beta2
        v += scratch
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"].array
            v = np.maximum(largest, v, out=largest)
        np.sqrt(v, out=scratch)  # the denominator
        scratch /= math.sqrt(1 - beta2 ** state["step"])
        scratch += group["eps"]
        np.divide(m, scratch, out=scratch)
        scratch *= group["lr"] / (1 - beta1 ** state["step"])
        np.subtract(p.array, scratch, out=p.array)


class AdamW(Adam):
    """Adam with the decay decoupled from the moments: it shrinks the parameter itself.

        p = p − lr · weight_decay · p, then Adam's step with d = g

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own.
        lr: the learning rate.
        betas: (β₁, β₂), the parts of m and v that are kept from step to step.
        eps: keeps the denominator away from 0.
        weight_decay: the part of p that a step takes away, times lr.
        amsgrad: divide by the largest v so far.
        maximize: climb rather than descend.
        foreach: accepted for PyTorch's sake: there is one way to take a step.
        capturable: likewise.
        fused: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over settings and state as every optimizer does; the decay stays decoupled."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
