"""Layers of a `Sequential` fused with the ReLU after them; only there no other code sees the value between the two.

The graph has both operations, as the program wrote them. The node of the first keeps its inputs, never its output, so
the ReLU may overwrite that.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from tinygrad_cnn import ops
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Scope, pop_scope, push_scope
from tinygrad_cnn.autograd.node import observers
from tinygrad_cnn.fast.layers import forward, is_own
from tinygrad_cnn.nn.modules.activation import ReLU
from tinygrad_cnn.nn.modules.batch_norm import BatchNorm1d, BatchNorm2d
from tinygrad_cnn.nn.modules.conv import Conv2d
from tinygrad_cnn.nn.modules.error_context import EXPLAINED, explain
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.module import Module

_NORMS = {BatchNorm1d, BatchNorm2d}
_ENDS_IN_RELU: dict[type[Module], object] = {
    BatchNorm1d: BatchNorm1d.forward,
    BatchNorm2d: BatchNorm2d.forward,
    Conv2d: Conv2d.forward,
    Linear: Linear.forward,
}
_RELU: dict[type[Module], object] = {ReLU: ReLU.forward}


class _FusedRelu(threading.local):
    """How `run_layers` and the kernels that can end with a ReLU communicate.

    Attributes:
        operand: the array whose operation must end with a ReLU: the weight of a convolution or a linear map, the input
            of a batch normalisation.
        output: the result of such an operation, after the ReLU.
    """

    operand: Array | None = None
    output: Array | None = None


fused_relu = _FusedRelu()

_recorded_relu = ops.relu.variant(lambda y: y)
_recorded_relu.prepare = None
"""ReLU of an array to which it was applied already: records the operation and computes nothing."""


def fusable(module: Module, following: Module) -> bool:
    """Return whether only the next layer sees the output of `module`: no subclass, no hook, no debugging mode."""
    return (
        is_own(_RELU, following)
        and is_own(_ENDS_IN_RELU, module)
        and module._hooks is None
        and following._hooks is None
        and not observers
    )


def run_layers(layers: Sequence[tuple[str, Module]], x: Any, scope: Scope) -> Any:
    """Apply the layers one after another to `x`, as `container.run_layers` does, without a Python frame for each."""
    outside = push_scope(scope)  # which is there already: the token leads back to it
    i, count = 0, len(layers)
    module = layers[0][1] if layers else None
    try:
        while i < count:
            name, module = layers[i]
            i += 1
            if type(module).__call__ is not Module.__call__ or module._hooks is not None:
                push_scope(scope)
                x = module(x)
                continue
            push_scope(Scope(name, type(module).__name__, module, scope))
            if i == count or not fusable(module, layers[i][1]):
                x = forward(module, x)
                continue
            before = fused_relu.operand
            weight = module._parameters["weight"]
            fused_relu.operand = x.array if type(module) in _NORMS or weight is None else weight.array
            try:
                x = forward(module, x)
            finally:
                fused_relu.operand = before
            made, fused_relu.output = fused_relu.output, None
            name, module = layers[i]
            i += 1
            push_scope(Scope(name, type(module).__name__, module, scope))
            x = _recorded_relu(x) if made is not None and x.array is made else module.forward(x)
    except EXPLAINED as error:
        if module is not None:
            explain(error, module, (x,))
        raise
    finally:
        pop_scope(outside)
    return x
