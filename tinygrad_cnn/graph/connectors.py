"""Long arrows as pairs of lettered circles, as on a flow chart, where a picture would have too many of them.

Graphviz needs a place in every row that an arrow passes: a tensor that is used along a whole chain would take minutes.
"""

from __future__ import annotations

from dataclasses import replace

from tinygrad_cnn.graph.model import Box, Connector, Edge, Graph, GraphNode, Value

SHORT = 3
"""The largest number of rows that a short arrow passes."""

MOST = 300
"""The largest number of rows that all long arrows of a picture may pass together."""


def with_connectors(graph: Graph) -> Graph:
    """Return `graph`, if it has too many long arrows, with each of them cut into one to a circle and one from another.

    All arrows of one tensor share the circle that they start from.
    """
    rows = _rows(graph)
    spans = [rows[edge.target] - rows[edge.source] for edge in graph.edges]
    if sum(span for span in spans if span > SHORT) <= MOST:
        return graph
    nodes = {node.id: node for node in graph.nodes}
    cut = {(edge.source, edge.output) for edge, span in zip(graph.edges, spans, strict=True) if span > SHORT}
    letters: dict[tuple[str, int], str] = {}
    starts: dict[str, list[Connector]] = {}
    ends: dict[str, dict[str, Connector]] = {}
    edges: list[Edge] = []
    for edge, span in zip(graph.edges, spans, strict=True):
        source, target, key = nodes[edge.source], nodes[edge.target], (edge.source, edge.output)
        if key not in cut or span < 2:
            edges.append(edge)
            continue
        if key not in letters:
            letters[key] = _letter(len(letters))
            start = Connector(f"from_{letters[key]}", (letters[key],), "", source.cluster)
            starts.setdefault(source.id, []).append(start)
            edges.append(replace(edge, target=start.id, position=0, count=1, data=None))
        # Of a box the order of arguments is not shown: one circle has the letters of all its long arrows.
        end = f"to_{target.id}" if isinstance(target, Box) else f"to_{target.id}_{edge.position}"
        known = ends.setdefault(target.id, {}).get(end)
        if known is None:
            ends[target.id][end] = Connector(end, (letters[key],), source.name, target.cluster)
            edges.append(replace(edge, source=end, output=0, data=None))
        elif letters[key] not in known.letters:
            ends[target.id][end] = replace(known, letters=(*known.letters, letters[key]), name="")
    placed: list[GraphNode] = []
    for node in graph.nodes:
        placed += [*ends.get(node.id, {}).values(), node, *starts.get(node.id, ())]
    return replace(graph, nodes=tuple(placed), edges=tuple(edges))


def _rows(graph: Graph) -> dict[str, int]:
    """Return the row of each node: below all that it uses; a value is in the row of the first node that uses it."""
    users: dict[str, list[str]] = {}
    for edge in graph.edges:
        users.setdefault(edge.target, []).append(edge.source)
    rows: dict[str, int] = {}
    for node in graph.nodes:
        if not isinstance(node, Value) or node.role == "output":
            rows[node.id] = 1 + max((rows.get(source, -1) for source in users.get(node.id, ())), default=-1)
    for edge in graph.edges:
        if edge.source not in rows:
            rows[edge.source] = rows[edge.target]
    return rows


def _letter(number: int) -> str:
    """Return ``A`` for 0, ..., ``Z`` for 25, ``AA`` for 26, ..."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
