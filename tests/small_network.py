"""A small network whose modules are as plain as the graph allows: what the tests of graphs draw."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinygrad_cnn import ops, randn, tensor
from tinygrad_cnn.autograd import Function, enter_scope
from tinygrad_cnn.graph import Operation, Value
from tinygrad_cnn.tensor import Tensor


class Part:
    """What the drawer asks of a module."""

    def __init__(self, extra: str = "", **parts: Tensor | Part) -> None:
        self.extra = extra
        self.parts = parts

    def extra_repr(self) -> str:
        return self.extra

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        for name, part in self.parts.items():
            if isinstance(part, Part):
                yield from ((f"{name}.{inner}", one) for inner, one in part.named_parameters())
            else:
                yield name, part


class Net(Part):
    """conv 2@3×3 → relu → linear 3, each a module inside this one."""

    def __init__(self) -> None:
        self.conv = Part(
            "1, 2, kernel_size=(3, 3)", weight=randn(2, 1, 3, 3, requires_grad=True), bias=randn(2, requires_grad=True)
        )
        self.act = Part()
        self.fc = Part("32, 3", weight=randn(3, 32, requires_grad=True), bias=randn(3, requires_grad=True))
        super().__init__(conv=self.conv, fc=self.fc)

    def __call__(self, x: Tensor) -> Tensor:
        with enter_scope("Net", "Net", self):
            with enter_scope("conv", "Conv2d", self.conv):
                w, b = self.conv.parts.values()
                how = {"padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
                x = ops.conv2d(x, w, b, stride=(1, 1), **how)
            with enter_scope("act", "ReLU", self.act):
                x = ops.relu(x)
            x = ops.flatten(x, 1)
            with enter_scope("fc", "Linear", self.fc):
                return ops.linear(x, *self.fc.parts.values())


class Run:
    """One forward pass of a `Net` up to its loss."""

    def __init__(self) -> None:
        self.net = Net()
        self.x = randn(5, 1, 6, 6)
        self.t = tensor(np.array([0, 1, 2, 0, 1]))
        self.loss = ops.cross_entropy(self.net(self.x), self.t, reduction="mean")


class Both(Function):
    """Give x + 1 and x − 1."""

    @staticmethod
    def forward(ctx, x):
        return x + 1, x - 1

    @staticmethod
    def backward(ctx, g, h):
        return g + h


def values(graph):
    """Return the values of a graph by their names."""
    return {node.name: node for node in graph.nodes if isinstance(node, Value)}


def operations(graph):
    """Return the names of the operations of a graph."""
    return [node.name for node in graph.nodes if isinstance(node, Operation)]
