"""Layers that run fused with the ReLU after them, in a `Sequential`: only there nobody sees what lies between the two.

The graph keeps both operations, as the program wrote them. The node of the first holds the shape and the inputs that
its gradients need, never its output, so that the ReLU may overwrite it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from tinygrad_cnn import ops
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import Scope, pop_scope, push_scope
from tinygrad_cnn.autograd.node import observers
from tinygrad_cnn.fast.layers import forward
from tinygrad_cnn.nn.modules.activation import ReLU
from tinygrad_cnn.nn.modules.batch_norm import BatchNorm1d, BatchNorm2d
from tinygrad_cnn.nn.modules.conv import Conv2d
from tinygrad_cnn.nn.modules.error_context import EXPLAINED, explain
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.module import Module

_NORMS = {BatchNorm1d, BatchNorm2d}
_ENDS_IN_RELU = {*_NORMS, Conv2d, Linear}


class _FusedRelu(threading.local):
    """What `run_layers` and the kernels that can end with a ReLU tell each other.

    Attributes:
        operand: the array whose operation is to end with a ReLU: the weight of a convolution or a linear map, the
            input of a batch normalisation.
        output: the array that such an operation made and that has passed the ReLU.
    """

    operand: Array | None = None
    output: Array | None = None


fused_relu = _FusedRelu()

_recorded_relu = ops.relu.variant(lambda y: y)
_recorded_relu.prepare = None
"""ReLU of an array that has passed it already: it records the operation and computes nothing."""


def fusable(module: Module, following: Module) -> bool:
    """Return whether nothing but a ReLU sees the output of `module`: no subclass, no hook, no debugging mode."""
    return (
        type(following) is ReLU
        and type(module) in _ENDS_IN_RELU
        and module._hooks is None
        and following._hooks is None
        and "forward" not in module.__dict__
        and "forward" not in following.__dict__
        and not observers
    )


def run_layers(layers: Sequence[tuple[str, Module]], x: Any, scope: Scope) -> Any:
    """Return what the layers, one after another, make of `x`: as `container.run_layers`, in one frame for all."""
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
