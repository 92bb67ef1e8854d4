"""The compiled steps of the optimizers, each over all parameters of a group; the classes say what each computes.

A step in C takes a tuple of arrays (for each parameter itself, its gradient and its state) and the settings. It answers
0 and changes nothing if an array is not contiguous or not float32, or a parameter is read-only or shares memory with
another. Then the equation in the class takes the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import versions
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.fast.native import native
from tinygrad_cnn.optim import SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop
from tinygrad_cnn.optim.optimizer import Group
from tinygrad_cnn.tensor import Tensor


def step(optimizer: Optimizer, params: list[Tensor], group: Group) -> None:
    """Change `params`, of one group and with gradients, in one call for all that have the same step number."""
    compiled, settings = _STEPS[type(optimizer)]
    names = optimizer.initial_state(group)
    batches: dict[int, list[Tensor]] = {}
    for p in params:
        batches.setdefault(optimizer.state_of(p, group)["step"], []).append(p)
    for steps, members in batches.items():
        rows: list[Array] = []
        for p in members:
            state = optimizer.state[p]
            rows += [p.array, p._grad.array, *[state[name].array for name in names]]  # type: ignore[union-attr]
        if not compiled(tuple(rows), 2 + len(names), *settings(group, steps + 1)):
            optimizer.step_each(members, group)
            continue
        for p in members:
            optimizer.state[p]["step"] = steps + 1
        versions.record_writes(rows[:: 2 + len(names)])


def _adam(group: Group, t: int) -> tuple[Any, ...]:
    beta1, beta2 = group["betas"]
    lr, decay, decoupled = group["lr"], group["weight_decay"], group["decoupled_weight_decay"]
    return (
        lr / (1 - beta1**t), beta1, beta2, group["eps"], 1 / math.sqrt(1 - beta2**t),
        lr * decay if decoupled else decay, group["amsgrad"], group["maximize"], decoupled,
    )  # fmt: skip


def _adagrad(group: Group, t: int) -> tuple[Any, ...]:
    lr = group["lr"] / (1 + (t - 1) * group["lr_decay"])
    return lr, group["eps"], group["weight_decay"], group["maximize"]


def _adadelta(group: Group, _t: int) -> tuple[Any, ...]:
    return group["lr"], group["rho"], group["eps"], group["weight_decay"], group["maximize"]


def _rmsprop(group: Group, _t: int) -> tuple[Any, ...]:
    return (
        group["lr"], group["alpha"], group["eps"], group["momentum"], group["weight_decay"], group["centered"],
        group["maximize"],
    )  # fmt: skip


_STEPS: dict[type[Optimizer], tuple[Callable[..., int], Callable[[Group, int], tuple[Any, ...]]]] = {
    Adadelta: (native.adadelta_step, _adadelta),
    Adagrad: (native.adagrad_step, _adagrad),
    Adam: (native.adam_step, _adam),
    AdamW: (native.adam_step, _adam),
    RMSprop: (native.rmsprop_step, _rmsprop),
}
"""For each class the C function, and a function of settings and step number that returns its further arguments."""


def sgd_step(optimizer: SGD, params: list[Tensor], group: Group) -> None:
    """Change `params`, of one group and with gradients: one call for those that have a velocity, one for the others."""
    if not group["momentum"]:
        _sgd(optimizer, params, [one for p in params for one in (p.array, p._grad.array)], 2, group)  # type: ignore[union-attr]
        return
    for first in (False, True):
        members = [p for p in params if (optimizer.state[p].get("momentum_buffer") is None) is first]
        rows: list[Array] = []
        for p in members:
            v = np.empty_like(p.array) if first else optimizer.state[p]["momentum_buffer"].array
            rows += [p.array, p._grad.array, v]  # type: ignore[union-attr]
        if _sgd(optimizer, members, rows, 3, group, first=first) and first:
            for p, v in zip(members, rows[2::3], strict=True):
                optimizer.state[p]["momentum_buffer"] = from_numpy(v)


def _sgd(
    optimizer: SGD, params: list[Tensor], rows: list[Array], columns: int, group: Group, *, first: bool = False
) -> bool:
    """Take the step in C, or else by the class and return False; `first`: there is no velocity yet."""
    if not params:
        return False
    if native.sgd_step(
        tuple(rows), columns, group["lr"], group["momentum"], group["dampening"], group["weight_decay"],
        group["nesterov"], group["maximize"], first,
    ):  # fmt: skip
        versions.record_writes(rows[::columns])
        return True
    optimizer.step_each(params, group)
    return False
