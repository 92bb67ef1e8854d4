"""`RMSprop`: steps scaled by the running size of the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import zeros_like
from tinygrad_cnn.optim.checks import check_number
from tinygrad_cnn.optim.optimizer import Optimizer, ParamsT
from tinygrad_cnn.tensor import Tensor


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
        alpha: the part of v and a that is kept from step to step.
        eps: keeps the denominator away from 0.
        weight_decay: the factor of the penalty ½·‖p‖².
        momentum: the part of b that is kept from step to step.
        centered: divide by the standard deviation of d rather than by its root mean square.
        maximize: climb rather than descend.
        capturable: accepted for PyTorch's sake: there is one way to take a step.
        foreach: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Hinton, "Neural networks for machine learning", lecture 6e, 2012; Graves, "Generating sequences with recurrent
    neural networks", 2013 (centered).
    """

    _step_name = "rmsprop_step"

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        settings = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, settings)

    def _check(self, settings: dict[str, Any]) -> None:
        check_number("RMSprop", "learning rate", settings["lr"])
        check_number("RMSprop", "epsilon value", settings["eps"])
        check_number("RMSprop", "momentum value", settings["momentum"])
        check_number("RMSprop", "weight_decay value", settings["weight_decay"])
        check_number("RMSprop", "alpha value", settings["alpha"])

    def _state_of(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state = self.state.setdefault(p, {})
        if not state:
            state.update(step=0, square_avg=zeros_like(p))
        if group["momentum"] and "momentum_buffer" not in state:
            state["momentum_buffer"] = zeros_like(p)
        if group["centered"] and "grad_avg" not in state:
            state["grad_avg"] = zeros_like(p)
        return state

    def _row(self, p: Tensor, group: dict[str, Any]) -> tuple[Any, list[Array]]:
        state = self._state_of(p, group)
        row = [p.array, p._grad.array, state["square_avg"].array]  # type: ignore[union-attr]
        if group["centered"]:
            row.append(state["grad_avg"].array)
        if group["momentum"]:
            row.append(state["momentum_buffer"].array)
        return None, row

    def _settings(self, group: dict[str, Any], key: Any) -> tuple[Any, ...]:  # noqa: ARG002
        return (
            group["lr"], group["alpha"], group["eps"], group["momentum"], group["weight_decay"], group["centered"],
            group["maximize"],
        )  # fmt: skip

    def _update(self, p: Tensor, g: Array, group: dict[str, Any]) -> None:
        kept = group["alpha"]
        d = self._penalized(p, g, group)
        scratch = self._scratch(p.array, 1)
        state = self._state_of(p, group)
        state["step"] += 1
        v = state["square_avg"].array
        np.multiply(d, d, out=scratch)  # v = alpha · v + (1 − alpha) · d²
        scratch *= 1 - kept
        v *= kept
        v += scratch
        if group["centered"]:
            a = state["grad_avg"].array
            np.subtract(d, a, out=scratch)  # a += (1 − alpha) · (d − a)
            scratch *= 1 - kept
            a += scratch
            np.multiply(a, a, out=scratch)
            np.subtract(v, scratch, out=scratch)
            np.maximum(scratch, 0, out=scratch)  # rounding may leave a variance below 0
            np.sqrt(scratch, out=scratch)
        else:
            np.sqrt(v, out=scratch)
        scratch += group["eps"]
        np.divide(d, scratch, out=scratch)
        if group["momentum"]:
            b = state["momentum_buffer"].array
            b *= group["momentum"]
            b += scratch
            np.multiply(b, group["lr"], out=scratch)
        else:
            scratch *= group["lr"]
        np.subtract(p.array, scratch, out=p.array)
