"""Running the layers of a row in turn, those that can fused with the ReLU after them.

Only `Sequential` knows that nobody sees what lies between two layers. The graph keeps both, as they were written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygrad_cnn.autograd import Scope, pop_scope, push_scope
from tinygrad_cnn.autograd.node import observers
from tinygrad_cnn.nn.modules.activation import ReLU
from tinygrad_cnn.nn.modules.batch_norm import BatchNorm1d, BatchNorm2d
from tinygrad_cnn.nn.modules.conv import Conv2d
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.modules.whereabouts import EXPLAINED, explain
from tinygrad_cnn.ops.rectified import relu_of_rectified

_ENDS_IN_RELU = {BatchNorm1d, BatchNorm2d, Conv2d, Linear}


def fusable(module: Module, following: Module) -> bool:
    """Tell whether nothing but a ReLU takes the output of `module`: no subclass, no hook, no debugging mode."""
    return (
        type(following) is ReLU
        and type(module) in _ENDS_IN_RELU
        and module._hooks is None
        and following._hooks is None
        and "forward" not in module.__dict__
        and "forward" not in following.__dict__
        and not observers
    )


def run_in_turn(row: Sequence[tuple[str, Module]], x: Any, around: Scope) -> Any:
    """Return what the last module of `row` makes of what the one before it makes, and so on from `x`.

    It does what calling each does, with one frame for all: every module computes in a scope within `around` and is
    named in the errors that it raises. Those with hooks or a call of their own are called.
    """
    outside = push_scope(around)  # which is there already: the token leads back to it
    i, count = 0, len(row)
    module: Any = None
    try:
        while i < count:
            name, module = row[i]
            i += 1
            if type(module).__call__ is not Module.__call__ or module._hooks is not None:
                push_scope(around)
                x = module(x)
                continue
            push_scope(Scope(name, type(module).__name__, module, around))
            if i < count and fusable(module, row[i][1]):
                x = module._rectified(x)
                name, module = row[i]
                i += 1
                push_scope(Scope(name, type(module).__name__, module, around))
                x = relu_of_rectified(x)
            else:
                x = module.forward(x)
    except EXPLAINED as error:
        explain(error, module, (x,))
        raise
    finally:
        pop_scope(outside)
    return x
