"""`Adadelta`: steps in the unit of the parameter, scaled by running sizes of gradients and of steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import zeros_like
from tinygrad_cnn.optim.checks import check_number
from tinygrad_cnn.optim.optimizer import Optimizer, ParamsT
from tinygrad_cnn.tensor import Tensor


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
        rho: the part of v and u that is kept from step to step.
        eps: where u begins, so to say: without it no step would ever be taken.
        weight_decay: the factor of the penalty ½·‖p‖².
        maximize: climb rather than descend.
        foreach: accepted for PyTorch's sake: there is one way to take a step.
        capturable: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
    """

    _step_name = "adadelta_step"

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        settings = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, settings)

    def _check(self, settings: dict[str, Any]) -> None:
        check_number("Adadelta", "learning rate", settings["lr"])
        check_number("Adadelta", "rho value", settings["rho"], most=1)
        check_number("Adadelta", "epsilon value", settings["eps"])
        check_number("Adadelta", "weight_decay value", settings["weight_decay"])

    def _state_of(self, p: Tensor) -> dict[str, Any]:
        state = self.state.setdefault(p, {})
        if not state:
            state.update(step=0, square_avg=zeros_like(p), acc_delta=zeros_like(p))
        return state

    def _row(self, p: Tensor, group: dict[str, Any]) -> tuple[Any, list[Array]]:  # noqa: ARG002
        state = self._state_of(p)
        return None, [p.array, p._grad.array, state["square_avg"].array, state["acc_delta"].array]  # type: ignore[union-attr]

    def _settings(self, group: dict[str, Any], key: Any) -> tuple[Any, ...]:  # noqa: ARG002
        return group["lr"], group["rho"], group["eps"], group["weight_decay"], group["maximize"]

    def _update(self, p: Tensor, g: Array, group: dict[str, Any]) -> None:
        kept, eps = group["rho"], group["eps"]
        d = self._penalized(p, g, group)
        scratch, s = self._scratch(p.array, 1), self._scratch(p.array, 2)
        state = self._state_of(p)
        state["step"] += 1
        v, u = state["square_avg"].array, state["acc_delta"].array
        np.multiply(d, d, out=scratch)  # v = rho · v + (1 − rho) · d²
        scratch *= 1 - kept
        v *= kept
        v += scratch
        np.sqrt(np.add(u, eps, out=s), out=s)
        s /= np.sqrt(np.add(v, eps, out=scratch), out=scratch)
        s *= d
        np.multiply(s, s, out=scratch)  # u = rho · u + (1 − rho) · s²
        scratch *= 1 - kept
        u *= kept
        u += scratch
        s *= group["lr"]
        np.subtract(p.array, s, out=p.array)
