"""`SGD`: stochastic gradient descent, with momentum and Nesterov's form of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.optim.checks import check_number
from tinygrad_cnn.optim.optimizer import Optimizer, ParamsT
from tinygrad_cnn.tensor import Tensor


class SGD(Optimizer):
    """Stochastic gradient descent.

        d = g + weight_decay · p
        v = momentum · v + (1 − dampening) · d        v = d at the first step
        p = p − lr · v                                p − lr · (d + momentum · v) with `nesterov`

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and settings of their own.
        lr: the learning rate.
        momentum: the part of the velocity v that is kept from step to step; 0 keeps none, and v = d.
        dampening: the part of d that does not enter v.
        weight_decay: the factor of the penalty ½·‖p‖².
        nesterov: look ahead along v.
        maximize: climb rather than descend.
        foreach: accepted for PyTorch's sake: there is one way to take a step.
        fused: likewise.
        differentiable: must be False: a step is not recorded.

    Ref: Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.
    """

    _step_name = "sgd_step"

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        settings = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, settings)

    def _check(self, settings: dict[str, Any]) -> None:
        check_number("SGD", "learning rate", settings["lr"])
        check_number("SGD", "momentum value", settings["momentum"])
        check_number("SGD", "weight_decay value", settings["weight_decay"])
        if settings["nesterov"] and (settings["momentum"] <= 0 or settings["dampening"] != 0):
            raise ValueError(
                f"Nesterov momentum requires a momentum and zero dampening, got momentum={settings['momentum']} and "
                f"dampening={settings['dampening']}"
            )

    def _batches(self, params: list[Tensor], group: dict[str, Any]) -> dict[Any, tuple[list[Tensor], list[Array]]]:
        if group["momentum"]:
            return super()._batches(params, group)
        rows = [array for p in params for array in (p.array, p._grad.array)]  # type: ignore[union-attr]
        return {False: (params, rows)} if params else {}

    def _row(self, p: Tensor, group: dict[str, Any]) -> tuple[Any, list[Array]]:  # noqa: ARG002
        state = self.state.get(p)
        velocity = state.get("momentum_buffer") if state else None
        v = np.empty_like(p.array) if velocity is None else velocity.array
        return velocity is None, [p.array, p._grad.array, v]  # type: ignore[union-attr]

    def _settings(self, group: dict[str, Any], key: Any) -> tuple[Any, ...]:
        return (
            group["lr"], group["momentum"], group["dampening"], group["weight_decay"], group["nesterov"],
            group["maximize"], key,
        )  # fmt: skip

    def _note(self, params: list[Tensor], rows: list[Array], columns: int) -> None:
        if columns > 2:
            for p, velocity in zip(params, rows[2::columns], strict=True):
                state = self.state.setdefault(p, {})
                if state.get("momentum_buffer") is None:
                    state["momentum_buffer"] = from_numpy(velocity)

    def _update(self, p: Tensor, g: Array, group: dict[str, Any]) -> None:
        momentum, kept = group["momentum"], 1 - group["dampening"]
        d = self._penalized(p, g, group)
        scratch = self._scratch(p.array, 1)
        if momentum:
            state = self.state.setdefault(p, {})
            velocity = state.get("momentum_buffer")
            if velocity is None:
                velocity = state["momentum_buffer"] = from_numpy(d.copy())
            else:
                v = velocity.array
                v *= momentum
                v += d if kept == 1 else np.multiply(d, kept, out=scratch)
            if group["nesterov"]:
                d = np.add(np.multiply(velocity.array, momentum, out=scratch), d, out=scratch)
            else:
                d = velocity.array
        np.multiply(d, group["lr"], out=scratch)
        np.subtract(p.array, scratch, out=p.array)
