"""Where a picture must say which argument an arrow is: `1 − u` and `u − 1` have the same boxes and the same arrows."""

from __future__ import annotations

from collections.abc import Iterable

from tinygrad_cnn.graph.model import Edge, Graph, GraphNode, Operation, Value

COMMUTATIVE = {
    "add", "bitwise_and", "bitwise_or", "bitwise_xor", "dot", "eq", "huber_loss", "l1_loss", "logical_and",
    "logical_or", "logical_xor", "maximum", "minimum", "mse_loss", "mul", "ne", "smooth_l1_loss",
}  # fmt: skip
"""Operations of two arguments that may be exchanged without changing the result."""

_USUAL = {"weight": 1, "bias": 2}
"""Parameters whose names say which argument they are, and the argument."""


def told_positions(graph: Graph) -> set[tuple[str, int]]:
    """Return the arrows whose position must be written, each as the id of its target and its position.

    These are the arrows to an operation that is not commutative, unless dtypes or parameters' names tell them apart.
    """
    nodes = {node.id: node for node in graph.nodes}
    arriving: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        arriving.setdefault(edge.target, []).append(edge)
    told: set[tuple[str, int]] = set()
    for target, edges in arriving.items():
        node = nodes[target]
        if isinstance(node, Operation) and not _may_be_exchanged(node):
            told |= {(target, edge.position) for edge in _alike(edges, nodes)}
    return told


def _may_be_exchanged(operation: Operation) -> bool:
    return operation.name in COMMUTATIVE and operation.attrs.get("alpha", 1) == 1


def _alike(edges: list[Edge], nodes: dict[str, GraphNode]) -> Iterable[Edge]:
    """Return those of the arrows to one operation that could be taken for one another."""
    kinds: dict[str, list[Edge]] = {}
    for edge in edges:
        source = nodes[edge.source]
        if not _named_for_its_position(source, edge.position):
            number = isinstance(source, Value) and source.role == "number"
            kinds.setdefault("f" if number else "i" if edge.dtype.kind in "iu" else edge.dtype.kind, []).append(edge)
    for same in kinds.values():
        if len(same) > 1:
            yield from same


def _named_for_its_position(node: GraphNode, position: int) -> bool:
    if not (isinstance(node, Value) and node.role == "parameter"):
        return False
    return position == _USUAL.get(node.name.rpartition(".")[2])
