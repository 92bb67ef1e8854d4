"""Simplify a graph before it is drawn: close modules, fold long rows of operations, leave out constants."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tinygrad_cnn._types import Shape
from tinygrad_cnn.graph.model import Box, Cluster, Edge, Graph, GraphNode, Operation, Value


def without_constants(graph: Graph) -> Graph:
    """Return `graph` without Python numbers and unnamed constants."""
    hidden = {node.id for node in graph.nodes if isinstance(node, Value) and node.role in ("constant", "number")}
    return replace(
        graph,
        nodes=tuple(node for node in graph.nodes if node.id not in hidden),
        edges=tuple(edge for edge in graph.edges if edge.source not in hidden),
    )


def collapse(graph: Graph, depth: int) -> Graph:
    """Return `graph` with each module call that has `depth` other calls around it as one box.

    Parameters and constants inside a box are counted, not drawn, unless an operation outside all boxes uses them.
    """
    boxes = _boxes(graph.clusters, depth)
    closed = {
        cluster.id: _Closed(f"module{i}", cluster.name, cluster.kind, cluster.detail, cluster.parent)
        for i, cluster in enumerate(dict.fromkeys(boxes.values()), 1)
    }
    inside = {node.id: closed[boxes[node.cluster].id] for node in graph.nodes if node.cluster in boxes}
    kept = tuple(cluster for cluster in graph.clusters if cluster.id not in boxes)
    return replace(_with_boxes(graph, inside), clusters=kept)


def fit(graph: Graph, limit: int) -> Graph:
    """Return `graph` with at most about `limit` operations and boxes.

    Modules are closed from the innermost outwards, down to those inside the outermost one. If that is not enough, the
    operations in the middle of the program become one box.
    """
    if _size(graph) <= limit:
        return graph
    deepest = max(_levels(graph.clusters).values(), default=0)
    for depth in range(deepest, 0, -1):
        closed = collapse(graph, depth)
        if _size(closed) <= limit:
            return closed
    return _folded(collapse(graph, 1) if deepest else graph, limit)


def _folded(graph: Graph, limit: int) -> Graph:
    """Return `graph` with all but the first and the last operations as one box; they are in the order of the program.

    No arrow can leave that box and come back to it, because an operation only uses results of earlier ones.
    """
    sized = [node for node in graph.nodes if not isinstance(node, Value)]
    first = limit // 2
    middle = {node.id for node in sized[first : len(sized) - (limit - first - 1)]}
    count = sum(node.operations if isinstance(node, Box) else 1 for node in sized if node.id in middle)
    around = _around(graph.clusters, {node.cluster for node in sized if node.id in middle})
    box = _Closed("more", f"{count:,} more operations", "", "", around)
    users: dict[str, set[str]] = {}
    for edge in graph.edges:
        users.setdefault(edge.source, set()).add(edge.target)
    for node in graph.nodes:
        if isinstance(node, Value) and node.role != "input" and users.get(node.id, {""}) <= middle:
            middle.add(node.id)
    smaller = _with_boxes(graph, dict.fromkeys(middle, box), merged=True)
    return replace(smaller, clusters=_filled(smaller))


@dataclass(frozen=True, slots=True)
class _Closed:
    """What a box is called, and the cluster around it."""

    id: str
    name: str
    kind: str
    detail: str
    parent: str | None


def _with_boxes(graph: Graph, inside: Mapping[str, _Closed], *, merged: bool = False) -> Graph:
    """Return `graph` with the nodes of `inside` in the boxes that it names for them.

    With `merged`, all tensors that go from a box to one operation are one arrow.
    """
    values = {node.id: node for node in graph.nodes if isinstance(node, Value)}
    drawn = values.keys() - inside.keys()
    for edge in graph.edges:
        if edge.source in values and (edge.target not in inside or values[edge.source].role == "input"):
            drawn.add(edge.source)
    edges: dict[tuple[object, ...], Edge] = {}
    tensors: dict[tuple[object, ...], set[tuple[str, int]]] = {}
    parameters: dict[str, dict[str, int]] = {box.id: {} for box in inside.values()}
    for edge in graph.edges:
        source = None if edge.source in drawn else inside.get(edge.source)
        target = inside.get(edge.target)
        value = values.get(edge.source)
        if value is not None and source is not None and target is not None:  # it is counted, not drawn
            if value.role in ("parameter", "leaf"):
                parameters[target.id][value.id] = math.prod(value.shape)
            continue
        if source is not None and source == target:
            continue
        start = edge.source if source is None else source.id
        end = edge.target if target is None else target.id
        key: tuple[object, ...] = (edge.source, edge.output, end)  # a tensor that a box uses several times arrives once
        if target is None:
            key = (start, end) if merged and source is not None else (edge.source, edge.output, end, edge.position)
        edges.setdefault(key, replace(edge, source=start, target=end))
        tensors.setdefault(key, set()).add((edge.source, edge.output))
        edges[key] = replace(edges[key], count=len(tensors[key]))
    families: dict[str, list[str]] = {box.id: [] for box in inside.values()}
    counts: dict[str, int] = dict.fromkeys(families, 0)
    for node in graph.nodes:
        if node.id in inside and isinstance(node, Operation | Box):
            families[inside[node.id].id].append(node.family)
            counts[inside[node.id].id] += node.operations if isinstance(node, Box) else 1
            if isinstance(node, Box):
                parameters[inside[node.id].id][node.id] = node.parameters
    found = list(edges.values())
    nodes: dict[str, GraphNode] = {}
    counted: set[str] = set()
    for node in graph.nodes:
        box = inside.get(node.id)
        if box is None:
            nodes[node.id] = node
        elif node.id in drawn:
            nodes[node.id] = replace(node, cluster=box.parent)
        elif box.id not in nodes and not isinstance(node, Value):
            own = {key: size for key, size in parameters[box.id].items() if key not in counted}
            shared = sum(parameters[box.id].values()) - sum(own.values())
            counted |= own.keys()
            nodes[box.id] = _box(box, found, families[box.id], counts[box.id], sum(own.values()), shared)
    return replace(graph, nodes=tuple(nodes.values()), edges=tuple(found))


def _box(closed: _Closed, edges: list[Edge], families: list[str], operations: int, parameters: int, shared: int) -> Box:
    family = families[0] if len(set(families)) == 1 else "other"
    inputs: tuple[Shape, ...] = tuple(edge.shape for edge in edges if edge.target == closed.id)
    outputs = tuple(dict.fromkeys(edge.shape for edge in edges if edge.source == closed.id))
    return Box(
        closed.id, closed.name, closed.kind, closed.detail, family, inputs, outputs, operations, parameters, shared,
        closed.parent,
    )  # fmt: skip


def _size(graph: Graph) -> int:
    return sum(not isinstance(node, Value) for node in graph.nodes)


def _levels(clusters: tuple[Cluster, ...]) -> dict[str, int]:
    """Return for each cluster how many are around it."""
    levels: dict[str, int] = {}
    for cluster in clusters:
        levels[cluster.id] = 0 if cluster.parent is None else levels[cluster.parent] + 1
    return levels


def _boxes(clusters: tuple[Cluster, ...], depth: int) -> dict[str | None, Cluster]:
    """Return for each cluster at level `depth` or deeper the cluster at level `depth` that contains it."""
    levels = _levels(clusters)
    boxes: dict[str | None, Cluster] = {}
    for cluster in clusters:
        if levels[cluster.id] >= depth:
            boxes[cluster.id] = cluster if levels[cluster.id] == depth else boxes[cluster.parent]
    return boxes


def _around(clusters: tuple[Cluster, ...], ids: set[str | None]) -> str | None:
    """Return the innermost cluster that contains all clusters of `ids`, or None."""
    parents = {cluster.id: cluster.parent for cluster in clusters}

    def chain(cluster: str | None) -> list[str]:
        found: list[str] = []
        while cluster is not None:
            found.append(cluster)
            cluster = parents[cluster]
        return found[::-1]

    common: str | None = None
    for level in zip(*map(chain, ids), strict=False):
        if len(set(level)) > 1:
            break
        common = level[0]
    return common


def _filled(graph: Graph) -> tuple[Cluster, ...]:
    """Return the clusters that still have a node inside."""
    parents = {cluster.id: cluster.parent for cluster in graph.clusters}
    used: set[str] = set()
    for node in graph.nodes:
        around = node.cluster
        while around is not None and around not in used:
            used.add(around)
            around = parents[around]
    return tuple(cluster for cluster in graph.clusters if cluster.id in used)
