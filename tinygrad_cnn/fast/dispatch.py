"""Which operations have a compiled form, and the switch between it and the NumPy kernel.

The compiled form of an operation is the function with its name in a module of this room. It computes float32 arrays,
and calls the NumPy kernel, in `numpy_kernels`, for everything else. With `use`, `leave` and `wait` this module is a
`backends.kernels.Provider`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from tinygrad_cnn.autograd import registry
from tinygrad_cnn.backends.kernels import choose
from tinygrad_cnn.optim import SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop
from tinygrad_cnn.optim.optimizer import group_steps

KERNELS = {
    "activation": ("relu", "relu_input"),
    "conv": ("conv1d", "conv2d", "conv2d_input", "conv2d_weight", "conv_transpose2d"),
    "dropout": ("dropout",),
    "linear": ("linear",),
    "loss": ("cross_entropy", "cross_entropy_input"),
    "matmul": ("addmm", "matmul"),
    "norm": ("batch_norm", "standardize_dot", "standardize_input"),
    "pool": (
        "avg_pool1d", "avg_pool2d", "avg_pool2d_input", "max_pool1d", "max_pool2d", "max_pool2d_gather",
        "max_pool2d_scatter",
    ),
    "softmax": ("log_softmax", "softmax"),
}  # fmt: skip
"""The operations whose kernels have a compiled form, by the module of this room that has it."""

GRADIENTS = {
    "activation": ("relu",),
    "conv": ("conv2d",),
    "linear": ("linear",),
    "loss": ("cross_entropy",),
    "norm": ("batch_norm",),
    "shape": ("reshape",),
}
"""The operations with one faster call for the gradients of all inputs: `NAME_gradients` in the module."""

UFUNCS = {"mul": np.multiply}
"""The operations whose kernel does nothing but call a NumPy function, which then is the kernel: one call less."""

STEPS = (Adadelta, Adagrad, Adam, AdamW, RMSprop, SGD)
"""The optimizers with a compiled step. Their subclasses use the equation in the class."""

numpy_kernels: dict[str, Callable[..., Any]] = {
    name: registry[name].kernel for names in KERNELS.values() for name in names
}
"""The NumPy kernel of each operation, which computes what the compiled form declines."""


def use() -> None:
    """Put the compiled forms in place; the first time, this compiles and loads them."""
    modules = {name: import_module(f"tinygrad_cnn.fast.{name}") for name in (*KERNELS, *GRADIENTS, "optim")}
    for module, names in KERNELS.items():
        for name in names:
            registry[name].kernel = getattr(modules[module], name)
    for module, names in GRADIENTS.items():
        for name in names:
            registry[name].gradients = getattr(modules[module], f"{name}_gradients")
    for name, ufunc in UFUNCS.items():
        registry[name].kernel = ufunc
    for kind in STEPS:
        group_steps[kind] = modules["optim"].sgd_step if kind is SGD else modules["optim"].step


def leave() -> None:
    """Put the NumPy kernels in place; VJPs and the equations of optimizers compute again."""
    for name in (*numpy_kernels, *UFUNCS):
        registry[name].kernel = registry[name].__wrapped__
    for names in GRADIENTS.values():
        for name in names:
            registry[name].gradients = None
    for kind in STEPS:
        group_steps.pop(kind, None)


def wait() -> None:
    """Choose the kernels at the first call of one of the operations, or the first step of an optimizer."""
    leave()
    for name in numpy_kernels:
        registry[name].kernel = _chosen_by_call(name)
    for kind in STEPS:
        group_steps[kind] = _choose_by_step


def _chosen_by_call(name: str) -> Callable[..., Any]:
    def kernel(*args: Any, **attrs: Any) -> Any:
        choose()
        return registry[name].kernel(*args, **attrs)

    return kernel


def _choose_by_step(optimizer: Optimizer, params: list[Any], group: dict[str, Any]) -> None:
    choose()
    group_steps.get(type(optimizer), Optimizer.step_each)(optimizer, params, group)
