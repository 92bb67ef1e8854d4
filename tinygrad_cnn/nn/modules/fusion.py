"""Layers of a row that run fused with the ReLU after them.

Only `Sequential` knows that nobody sees what lies between two layers. The graph keeps both, as they were written.
"""

from __future__ import annotations

from typing import Any

from tinygrad_cnn.autograd.node import observers
from tinygrad_cnn.nn.modules.activation import ReLU
from tinygrad_cnn.nn.modules.batch_norm import BatchNorm1d, BatchNorm2d
from tinygrad_cnn.nn.modules.conv import Conv2d
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.module import Module
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


def run_rectified(module: Any, relu: Module, x: Any) -> Any:
    """Return ``relu(module(x))``, computed in one go."""
    return relu._run(relu_of_rectified, (module._run(module._rectified, (x,), {}),), {})
