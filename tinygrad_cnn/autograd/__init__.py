"""The engine: a tape of nodes and the walk back along it. It names no operation; see README.md beside this file."""

from tinygrad_cnn.autograd.engine import backward, collect, grad
from tinygrad_cnn.autograd.grad_mode import enable_grad, is_grad_enabled, no_grad
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.primitive import Op, primitive, registry
from tinygrad_cnn.autograd.scope import Scope, current_scope, enter_scope, pop_scope, push_scope
from tinygrad_cnn.autograd.variable import Constant, Spec, Variable, wrap

__all__ = [
    "Constant",
    "Node",
    "Op",
    "Scope",
    "Spec",
    "Variable",
    "backward",
    "collect",
    "current_scope",
    "enable_grad",
    "enter_scope",
    "grad",
    "is_grad_enabled",
    "no_grad",
    "pop_scope",
    "primitive",
    "push_scope",
    "registry",
    "wrap",
]
