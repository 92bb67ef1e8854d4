"""The plain data of a computational graph: operations, values, edges, and the modules around them.

Every id depends only on the order of the program, so the same program gives the same graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tinygrad_cnn._types import Array, DType, Shape

SHOWN = 64
"""The largest number of elements of a tensor that a picture shows: those of a matrix of 8×8."""

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
        inputs: number of arguments that may be tensors; an argument None has no arrow.
        outputs: number of outputs.
        order: 0 in the forward pass, 1 in a recorded backward pass, 2 in the backward pass of that, and so on.
        error: the message of the error that it raised; empty if it did not.
    """

    id: str
    name: str
    family: str
    attrs: Mapping[str, object]
    shape: Shape
    cluster: str | None
    inputs: int = 1
    outputs: int = 1
    order: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor that no operation of the graph made, or an output of the graph.

    Attributes:
        id: ``value1``, ``value2``, ... in order of first use.
        role: parameter; leaf (requires a gradient, name unknown); input; constant; number (a Python number); output.
        frozen: whether it is a parameter that requires no gradient.
        data, grad: the elements, if they are to be shown.
    """

    id: str
    role: Role
    name: str
    shape: Shape
    dtype: DType
    cluster: str | None
    frozen: bool = False
    data: Array | None = field(default=None, compare=False)
    grad: Array | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Box:
    """A module call drawn as one closed box: `collapse` puts it in place of a cluster.

    Attributes:
        family: the family of the operations inside if they all have the same one, otherwise ``other``.
        inputs, outputs: shapes of the tensors that go in and come out.
        operations: number of recorded operations inside.
        parameters: number of elements of the parameters used inside, without those that an earlier box counts.
        shared: number of elements of the parameters used inside that an earlier box counts.
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
    shared: int
    cluster: str | None


@dataclass(frozen=True, slots=True)
class Connector:
    """An end of an arrow that is too long to draw: ends with the same letter belong together.

    Attributes:
        id: ``from_A`` where the tensor comes from, ``to_op7_0`` where it arrives as argument 0 of ``op7``.
        letters: ``A``, ``B``, ..., ``Z``, ``AA``, ...; several where all arrows to a closed box end.
        name: the name of the node that made the tensor, at the end where a single one arrives.
    """

    id: str
    letters: tuple[str, ...]
    name: str
    cluster: str | None


GraphNode: TypeAlias = Operation | Value | Box | Connector


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor that flows from the node that made it to a node that uses it.

    Attributes:
        position: which argument of the target it is.
        output: which output of the source it is.
        count: how many tensors this arrow stands for, if it leaves a box that makes several for one target.
    """

    source: str
    target: str
    shape: Shape
    dtype: DType
    position: int = 0
    output: int = 0
    count: int = 1
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
        frozen: number of those that require no gradient.
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...]
    dtype: DType
    operations: int
    parameters: int
    frozen: int = 0

    def to_json(self, *, data: bool = True, indent: int | None = None) -> str:
        """Return the graph as JSON text; see `json_format.to_json`, and `from_json` for the way back."""
        from tinygrad_cnn.graph.json_format import to_json  # which imports this file

        return to_json(self, data=data, indent=indent)
