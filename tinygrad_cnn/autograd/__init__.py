"""The engine: a tape of nodes and the walk back along it. It names no operation; see README.md beside this file."""

from importlib import import_module as _import_module
from typing import Any as _Any

from tinygrad_cnn.autograd.anomaly import (
    detect_anomaly,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_detect_anomaly,
)
from tinygrad_cnn.autograd.engine import backward, grad
from tinygrad_cnn.autograd.function import Function, once_differentiable
from tinygrad_cnn.autograd.function_ctx import FunctionCtx
from tinygrad_cnn.autograd.grad_mode import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from tinygrad_cnn.autograd.guard import guard_saved
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.operation import Operation
from tinygrad_cnn.autograd.primitive import Op, primitive, registry
from tinygrad_cnn.autograd.scope import Scope, current_scope, enter_scope, pop_scope, push_scope
from tinygrad_cnn.autograd.variable import A, Constant, Operand, Source, Spec, T, V, Values, Variable, wrap
from tinygrad_cnn.autograd.walk import collect


def __getattr__(name: str) -> _Any:
    """Import `gradcheck` and `gradgradcheck` on first use: they use the engine, and PyTorch has them here too."""
    if name not in ("gradcheck", "gradgradcheck"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    return getattr(_import_module("tinygrad_cnn.gradcheck"), name)


__all__ = [
    "A", "Constant", "Function", "FunctionCtx", "Node", "Op", "Operand", "Operation", "Scope", "Source", "Spec", "T",
    "V", "Values", "Variable", "backward", "collect", "current_scope", "detect_anomaly", "enable_grad", "enter_scope",
    "grad", "guard_saved", "inference_mode", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_grad_enabled",
    "no_grad", "once_differentiable", "pop_scope", "primitive", "push_scope", "registry", "set_detect_anomaly",
    "set_grad_enabled", "wrap",
]  # fmt: skip
