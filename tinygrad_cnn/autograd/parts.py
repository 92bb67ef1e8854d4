"""Operations with several outputs: one node for the operation, and a `part` for each output."""

from __future__ import annotations

from typing import Any

from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.primitive import Op
from tinygrad_cnn.autograd.variable import Constant, Spec, Variable


class Parts:
    """The gradients of several outputs of one node, summed as one: None where nothing has flowed yet.

    Attributes:
        values: a gradient for each output.
        shape: that of the node, by which the engine knows that it fits.
    """

    __slots__ = ("shape", "values")

    def __init__(self, values: list[Any], shape: Shape) -> None:
        self.values = values
        self.shape = shape

    @property
    def recorded(self) -> bool:
        """Whether the gradients are tensors, to be differentiated again, rather than arrays."""
        return any(isinstance(value, Variable) for value in self.values)

    def __add__(self, other: Parts) -> Parts:
        pairs = zip(self.values, other.values, strict=True)
        return Parts([b if a is None else a if b is None else a + b for a, b in pairs], self.shape)


def _pick(x: tuple[Array, ...], *, index: int, count: int) -> Array:  # noqa: ARG001
    return x[index]


part = Op(_pick, "part", keeps_half=True)
"""Output `index` of the `count` of the node it hangs on. It is not registered: users meet it only in the graph."""


@part.vjp(0)
def part_vjp_0(g: Any, _y: object, x: Spec, *, index: int, count: int) -> Parts:  # noqa: D103 - as every VJP
    values = [g if i == index else None for i in range(count)]
    return Parts(values, x.shape)


def part_of(node: Node, index: int, outputs: list[Constant | None]) -> Node:
    """Return a node for output `index` of `node`."""
    spec = outputs[index]
    assert spec is not None  # only outputs that are tensors are parts
    attrs = {"index": index, "count": len(outputs)}
    return Node(part, (node,), None, attrs, None, (node,), spec.shape, spec.dtype, node.scope)
