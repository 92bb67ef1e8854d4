"""What a picture of a computational graph is made of: operations, values, edges, and the modules around them.

Plain data. Every id follows from the order of the program alone, so the same program gives the same graph.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tinygrad_cnn._types import Array, DType, Shape

Role: TypeAlias = Literal["parameter", "leaf", "input", "constant", "number", "output"]


@dataclass(frozen=True, slots=True)
class Operation:
    """A recorded operation.

    Attributes:
        id: ``op1``, ``op2``, ... from the oldest to the newest.
        name: the operation's name.
        family: the kind of work, which decides the colour; see `families`.
        attrs: its static arguments.
        shape: of the output.
        cluster: id of the module call around it, or None.
    """

    id: str
    name: str
    family: str
    attrs: Mapping[str, Any]
    shape: Shape
    cluster: str | None


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor that no operation of the graph made, or one that was asked for.

    Attributes:
        id: ``value1``, ``value2``, ... in order of first use.
        role: parameter; leaf (requires a gradient, name unknown); input; constant; number (a plain one); output.
        data, grad: the elements where they are to be shown.
    """

    id: str
    role: Role
    name: str
    shape: Shape
    dtype: DType
    cluster: str | None
    data: Array | None = field(default=None, compare=False)
    grad: Array | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Module:
    """A module call drawn as one box: what `collapse` puts in place of a cluster.

    Attributes:
        family: that of the operations inside if they are all of one, otherwise ``other``.
        inputs, outputs: shapes that go in and come out.
        operations: how many recorded operations it stands for.
        parameters: how many elements the parameters used inside hold.
    """

    id: str
    name: str
    kind: str
    detail: str
    family: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    operations: int
    parameters: int
    cluster: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A value on its way from the node that made it to one that uses it."""

    source: str
    target: str
    shape: Shape
    dtype: DType
    data: Array | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Cluster:
    """One call of a module: what was recorded while it ran is drawn inside.

    Attributes:
        id: ``cluster_1``, ``cluster_2``, ... in order of appearance.
        name: what its parent calls it, such as ``conv1``.
        kind: its class, such as ``Conv2d``.
        detail: its settings, such as ``1, 30, kernel_size=(5, 5)``; empty once the module is gone.
        parent: id of the enclosing cluster, or None.
    """

    id: str
    name: str
    kind: str
    detail: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Graph:
    """A computational graph, ready to be drawn.

    Attributes:
        nodes: in program order, each value just before its first use.
        edges: in the order of their targets, each target's in the order of its arguments.
        clusters: in order of appearance, each after the one around it.
        dtype: the floating-point type of most edges.
        operations: number of recorded operations.
        parameters: number of elements of all parameters and leaves.
    """

    nodes: tuple[Operation | Value | Module, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...]
    dtype: DType
    operations: int
    parameters: int


def count(shape: Shape) -> int:
    """Return the number of elements of a shape."""
    return math.prod(shape)
