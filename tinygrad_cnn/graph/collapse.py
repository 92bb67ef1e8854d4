"""Simplify a graph before it is drawn: close modules, leave out constants."""

from __future__ import annotations

import math
from dataclasses import replace

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
    ids = {box.id: f"module{i}" for i, box in enumerate(dict.fromkeys(boxes.values()), 1)}
    inside = {node.id: ids[boxes[node.cluster].id] for node in graph.nodes if node.cluster in boxes}
    values = {node.id: node for node in graph.nodes if isinstance(node, Value) and node.id in inside}
    parameters: dict[str, dict[str, int]] = {made: {} for made in ids.values()}
    shared: set[str] = set()
    edges: dict[tuple[object, ...], Edge] = {}
    for i, edge in enumerate(graph.edges):
        source, target = inside.get(edge.source), inside.get(edge.target)
        value = values.get(edge.source)
        if value is not None:
            if target is None or value.role == "input":
                shared.add(value.id)
                edges[i,] = replace(edge, target=target or edge.target)
            elif value.role in ("parameter", "leaf"):
                parameters[target][value.id] = math.prod(value.shape)
        elif source is None or source != target:
            moved = replace(edge, source=source or edge.source, target=target or edge.target)
            # A tensor that a box uses several times arrives once.
            edges.setdefault((edge.source, target) if target else (i,), moved)
    families: dict[str, list[str]] = {made: [] for made in ids.values()}
    for node in graph.nodes:
        if isinstance(node, Operation) and node.id in inside:
            families[inside[node.id]].append(node.family)
    nodes: dict[str, GraphNode] = {}
    for node in graph.nodes:
        made = inside.get(node.id)
        if made is None:
            nodes[node.id] = node
        elif node.id in shared:
            nodes[node.id] = replace(node, cluster=boxes[node.cluster].parent)
        elif made not in nodes and isinstance(node, Operation):
            total = sum(parameters[made].values())
            nodes[made] = _box(made, boxes[node.cluster], list(edges.values()), families[made], total)
    kept = tuple(cluster for cluster in graph.clusters if cluster.id not in boxes)
    return replace(graph, nodes=tuple(nodes.values()), edges=tuple(edges.values()), clusters=kept)


def _boxes(clusters: tuple[Cluster, ...], depth: int) -> dict[str | None, Cluster]:
    """Return for each cluster at level `depth` or deeper the cluster at level `depth` that contains it."""
    levels: dict[str | None, int] = {None: -1}
    boxes: dict[str | None, Cluster] = {}
    for cluster in clusters:
        level = levels[cluster.id] = levels[cluster.parent] + 1
        if level >= depth:
            boxes[cluster.id] = cluster if level == depth else boxes[cluster.parent]
    return boxes


def _box(made: str, cluster: Cluster, edges: list[Edge], families: list[str], parameters: int) -> Box:
    family = families[0] if len(set(families)) == 1 else "other"
    inputs = tuple(edge.shape for edge in edges if edge.target == made)
    outputs = tuple(dict.fromkeys(edge.shape for edge in edges if edge.source == made))
    name, kind, detail, parent = cluster.name, cluster.kind, cluster.detail, cluster.parent
    return Box(made, name, kind, detail, family, inputs, outputs, len(families), parameters, parent)
