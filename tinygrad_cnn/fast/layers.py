"""The forward pass of the usual layers without the detours that cost a small network most.

Python finds a registered parameter only by `Module.__getattr__`, after it has looked everywhere else. And the
functional form checks that its arguments are ints, which a layer has checked when it was made.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tinygrad_cnn import ops
from tinygrad_cnn.nn.functional._operands import of_one_dtype
from tinygrad_cnn.nn.functional.conv import geometry
from tinygrad_cnn.nn.modules.conv import Conv2d
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.tensor import Tensor

_FORWARDS: dict[type[Module], object] = {Conv2d: Conv2d.forward, Linear: Linear.forward}

_geometry = lru_cache(maxsize=1024)(geometry)


def is_own(forwards: dict[type[Module], object], layer: Module) -> bool:
    """Return whether `layer` is of a class in `forwards`, and neither it nor the class was given another `forward`."""
    kind = type(layer)
    own = forwards.get(kind)
    return own is not None and own is kind.forward and "forward" not in layer.__dict__


def forward(layer: Module, x: Any) -> Any:
    """Return ``layer.forward(x)``."""
    own = layer._parameters
    if is_own(_FORWARDS, layer) and "weight" in own and "bias" in own:
        w, b = own["weight"], own["bias"]
        if w is not None and of_one_dtype(x, w, b):
            return _conv2d(layer, x, w, b) if type(layer) is Conv2d else _linear(layer, x, w, b)
    return layer.forward(x)


def _conv2d(layer: Any, x: Tensor, w: Tensor, b: Tensor | None) -> Any:
    shape = x.array.shape
    if len(shape) != 4 or layer.padding_mode != "zeros":
        return layer.forward(x)
    how = _geometry(
        "conv2d", 2, shape, w.array.shape, None if b is None else b.array.shape, layer.stride, layer.padding,
        layer.dilation, layer.groups,
    )  # fmt: skip
    return ops.conv2d(x, w, b, **how)


def _linear(layer: Any, x: Tensor, w: Tensor, b: Tensor | None) -> Any:
    shape, features = x.array.shape, w.array.shape
    if len(features) != 2 or not shape or shape[-1] != features[1] or (b is not None and b.array.shape != features[:1]):
        return layer.forward(x)
    return ops.linear(x, w, b)
