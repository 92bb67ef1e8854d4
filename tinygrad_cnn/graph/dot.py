"""From a `Graph` to DOT text, the language of Graphviz.

Labels are plain lines, because some builds of Graphviz do not support HTML-like labels. The first line is the name and
the others are details; `render` sets them in bold and in small type after the layout.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Literal

from tinygrad_cnn._types import Array, DType, Shape
from tinygrad_cnn.graph.connectors import with_connectors
from tinygrad_cnn.graph.model import SHOWN, Box, Cluster, Connector, Edge, Graph, GraphNode, Operation, Value
from tinygrad_cnn.graph.positions import told_positions
from tinygrad_cnn.graph.text import (
    PAD,
    counted,
    edge_text,
    settings_lines,
    shape_text,
    shorten,
    summary_text,
    values_lines,
    wrapped,
)

if TYPE_CHECKING:
    import graphviz

COLORS = {
    "convolution": ("#cfe0f3", "#3d6fa5"),
    "pooling": ("#cdeae3", "#2f7f6f"),
    "normalisation": ("#e7d8cf", "#7d5a45"),
    "activation": ("#fbeeb8", "#9a7d0a"),
    "matmul": ("#fadcc8", "#b5602a"),
    "shape": ("#e9e9e9", "#7a7a7a"),
    "elementwise": ("#e6edc4", "#73801f"),
    "reduction": ("#e0d9ee", "#6f5b9a"),
    "loss": ("#f9d3dc", "#a8405c"),
    "other": ("#ffffff", "#555555"),
    "error": ("#ffd9d6", "#c62828"),
}
"""Fill and outline of each family: light behind dark text, and distinct for the colour-blind (Tol)."""

GAP = "  "
"""Between the name and the kind of a module in its heading; no name or kind has two spaces in a row."""

INK = "#1f2328"
MUTED = "#59606a"
LINE = "#6b727c"
FAINT = "#a9afb7"
PAPER = "#f8f9fa"

STREAM = "1000"
"""Weight of the edges that data flows along, large enough that Graphviz draws them as one straight line."""

_VALUE_STYLES: dict[str, dict[str, str]] = {
    "parameter": {"style": "rounded,filled", "fillcolor": "#ffffff", "color": LINE},
    "leaf": {"style": "rounded,filled", "fillcolor": "#ffffff", "color": LINE},
    "constant": {"style": "rounded,dashed", "color": LINE},
    "number": {"shape": "plaintext", "margin": "0.03,0.02", "width": "0.2", "height": "0.2"},
    "input": {"shape": "ellipse", "style": "filled", "fillcolor": "#ffffff", "color": INK, "margin": "0.04,0.02"},
    "output": {
        "shape": "ellipse", "style": "filled", "fillcolor": "#ffffff", "color": INK, "peripheries": "2",
        "margin": "0.06,0.03",
    },
}  # fmt: skip


_CONNECTOR = {
    "shape": "ellipse", "style": "filled", "fillcolor": "#ffffff", "color": LINE, "margin": "0.02", "width": "0.3",
}  # fmt: skip


def to_dot(graph: Graph, *, rankdir: Literal["TB", "LR"] = "TB", title: str | None = None) -> str:
    """Return `graph` as DOT text.

    Args:
        graph: what to draw.
        rankdir: TB from top to bottom, LR from left to right.
        title: a line above the picture.
    """
    import graphviz

    dot = graphviz.Digraph(
        "graph",
        graph_attr={
            "rankdir": rankdir,
            "label": _label([shorten(title or "", 100), _totals(graph)], after="\\n "),
            "class": "titled" if title else "untitled",
            "labelloc": "t",
            "bgcolor": "white",
            "fontname": "Helvetica",
            "fontsize": "11",
            "fontcolor": INK,
            "nodesep": "0.22",
            "ranksep": "0.3",
            "pad": "0.15",
        },
        node_attr={
            "fontname": "Helvetica", "fontsize": "11", "fontcolor": INK, "margin": "0.14,0.05", "height": "0.32",
            "width": "0.6", "penwidth": "0.9", "shape": "box",
        },
        edge_attr={
            "fontname": "Helvetica", "fontsize": "9", "fontcolor": MUTED, "color": LINE, "arrowsize": "0.6",
            "penwidth": "0.9", "labeldistance": "1.4", "labelangle": "-28", "labelfontsize": "8.5",
            "labelfontcolor": INK,
        },
    )  # fmt: skip
    told = told_positions(graph)
    several = {node.id for node in graph.nodes if isinstance(node, Operation) and node.outputs > 1}
    graph = with_connectors(graph)
    sides = _sides(graph)
    children: dict[str | None, list[Cluster | GraphNode]] = {}
    for cluster in graph.clusters:
        children.setdefault(cluster.parent, []).append(cluster)
    for node in graph.nodes:
        children.setdefault(node.cluster, []).append(node)
    _add(dot, children, None, sides)
    nodes = {node.id: node for node in graph.nodes}
    fed = {edge.target for edge in graph.edges if not isinstance(nodes[edge.source], Value | Connector)}
    orders = _orders(graph)
    drawn: set[tuple[str, str]] = set()
    for edge in graph.edges:
        attrs = _edge(edge, nodes[edge.source], nodes[edge.target], graph.dtype, beside=edge.target in fed)
        if (edge.target, edge.position) in told and edge.count == 1:
            attrs["headlabel"] = f" {edge.position + 1} "
            if rankdir == "LR" and "label" in attrs:
                attrs["minlen"] = "2"  # room for both labels
        if edge.source in several:
            attrs["taillabel"] = f" {edge.output + 1} "
        if (edge.source, edge.target) in drawn:  # x·x: two arrows, one label
            attrs.pop("label", None)
        drawn.add((edge.source, edge.target))
        # Graphviz puts the first end of an edge above or to the left of the second. Writing the edge backwards puts a
        # value to the right of its operation, and lets the backward pass go up while the forward pass goes down.
        upwards = orders[edge.source] == orders[edge.target] == 1
        if orders[edge.source] != orders[edge.target]:
            attrs = {**attrs, "constraint": "false", "style": "dashed", "weight": "1"}
        if upwards or edge.source in sides.get(edge.target, ())[1:]:
            ends = {"headlabel": "taillabel", "taillabel": "headlabel"}
            dot.edge(edge.target, edge.source, dir="back", **{ends.get(name, name): attrs[name] for name in attrs})
        else:
            dot.edge(edge.source, edge.target, **attrs)
    return str(dot.source)


def _orders(graph: Graph) -> dict[str, int]:
    """Return for each node whether it belongs to the forward pass, 0, or to which backward pass.

    A value belongs to the pass of the first operation that uses it, and an output to that of the one that made it.
    """
    orders = {node.id: node.order for node in graph.nodes if isinstance(node, Operation)}
    for edge in graph.edges:
        if edge.source not in orders:
            orders[edge.source] = orders.get(edge.target, 0)
    for edge in graph.edges:
        if edge.target not in orders:
            orders[edge.target] = orders[edge.source]
    return orders


def _sides(graph: Graph) -> dict[str, list[str]]:
    """Return for each node the values to draw beside it instead of above it, at most one on either side.

    These are the parameters, constants and targets that only this node uses. With them beside the node, the stream of
    data through it stays one straight line.
    """
    nodes = {node.id: node for node in graph.nodes}
    uses = Counter(edge.source for edge in graph.edges)
    entering: dict[str, list[GraphNode]] = {}
    for edge in graph.edges:
        entering.setdefault(edge.target, []).append(nodes[edge.source])
    sides: dict[str, list[str]] = {}
    for target, sources in entering.items():
        values = [source for source in sources if isinstance(source, Value | Connector)]
        stream = (
            []
            if len(values) < len(sources)
            else [value for value in values if isinstance(value, Value) and value.role == "input"]
        )
        if stream or len(values) < len(sources):
            cluster = nodes[target].cluster
            beside = [value for value in values if value not in stream]
            sides[target] = [one.id for one in beside if uses[one.id] == 1 and one.cluster == cluster][:2]
    return sides


def _add(
    dot: graphviz.Digraph,
    children: dict[str | None, list[Cluster | GraphNode]],
    parent: str | None,
    sides: dict[str, list[str]],
) -> None:
    """Write the content of `parent`; the recursion is as deep as modules are nested."""
    for child in children.get(parent, ()):
        if not isinstance(child, Cluster):
            dot.node(child.id, **_node(child))
            if sides.get(child.id):
                with dot.subgraph(graph_attr={"rank": "same"}) as row:
                    for member in (child.id, *sides[child.id]):
                        row.node(member)
            continue
        with dot.subgraph(name=child.id) as inner:
            inner.attr(
                label=_label([_heading(child)]), labeljust="l", style="rounded,filled", fillcolor=PAPER,
                color=FAINT, fontsize="10", fontcolor=MUTED, margin="10",
            )  # fmt: skip
            _add(inner, children, child.id, sides)


def _node(node: GraphNode) -> dict[str, str]:
    """Return the DOT attributes of a node."""
    if isinstance(node, Value):
        return {"label": _label(_value_lines(node)), "class": node.role, **_VALUE_STYLES[node.role]}
    if isinstance(node, Connector):
        rows = [" ".join(node.letters[i : i + 8]) for i in range(0, len(node.letters), 8)]
        lines = [*rows, shorten(node.name, 24)]
        return {"label": _label(lines), "class": "connector", **_CONNECTOR}
    fill, outline = COLORS[node.family]
    look = {"fillcolor": fill, "color": outline}
    if isinstance(node, Box):
        return {"label": _label(_box_lines(node)), "style": "rounded,filled", "class": f"module {node.family}", **look}
    lines = [node.name, *settings_lines(node), *wrapped(node.error.split(", "))]
    return {"label": _label(lines), "style": "filled", "class": f"operation {node.family}", **look}


def _value_lines(value: Value) -> list[str]:
    if value.role == "number":
        return [value.name]
    size = shape_text(value.shape)
    if value.role in ("parameter", "leaf") and len(value.shape) > 1:
        size = f"{size} · {math.prod(value.shape):,}"
    if value.dtype.kind != "f":
        size = f"{size} {value.dtype}"
    lines = [shorten(value.name), f"{size} · frozen" if value.frozen else size]
    if value.data is not None:
        lines[1:] = [*([] if value.data.size <= SHOWN else [size]), *_shown("value", value.data)]
    if value.grad is not None:
        lines += _shown("grad", value.grad)
    return lines


def _shown(what: str, data: Array) -> list[str]:
    """Return the elements of a tensor as lines, or what they are like if they are many."""
    if data.size > SHOWN:
        return [f"{what} {summary_text(data)}"]
    first, *rest = values_lines(data)
    return [what, first, *rest] if rest else [f"{what} {first}"]


def _box_lines(box: Box) -> list[str]:
    lines = [shorten(box.name or box.kind)]
    if box.kind and (box.detail or lines[0] != box.kind):
        lines.append(shorten(f"{box.kind}({box.detail})" if box.detail else box.kind))
    lines.append(f"{_shapes(box.inputs)} → {_shapes(box.outputs)}")
    if box.parameters:
        lines.append(counted(box.parameters, "parameter"))
    if box.shared:
        lines.append(f"+ {box.shared:,} shared with boxes above")
    return lines


def _shapes(shapes: tuple[Shape, ...]) -> str:
    """Return the different ones of `shapes`, three at most."""
    texts = list(dict.fromkeys(map(shape_text, shapes)))
    return ", ".join(texts if len(texts) < 4 else [*texts[:2], f"{len(texts) - 2} more"])


def _heading(cluster: Cluster) -> str:
    """Return name and kind; settings follow from the shapes inside, and would reach under the arrows."""
    named = cluster.name and cluster.name != cluster.kind
    return (f"{shorten(cluster.name)}{GAP}{cluster.kind}" if named else cluster.kind) + GAP


def _edge(edge: Edge, source: GraphNode, target: GraphNode, usual: DType, *, beside: bool) -> dict[str, str]:
    """Return the DOT attributes of an edge: its shape if neither end shows it, little weight `beside` a stream."""
    if isinstance(source, Connector) or isinstance(target, Connector):
        return {"weight": "1", "color": FAINT}
    if isinstance(source, Value):
        if source.role == "input":
            return {"weight": "1" if beside else STREAM}
        return {"weight": "1", "color": FAINT}
    if edge.count > 1:
        return {"weight": STREAM, "label": _label([f" {edge.count:,} tensors "])}
    if isinstance(target, Value) or (isinstance(source, Box) and len(source.outputs) == 1):
        return {"weight": STREAM}
    if edge.data is not None:
        return {"weight": STREAM, "label": _label([f" {line} " for line in values_lines(edge.data)])}
    return {"weight": STREAM, "label": _label([f" {edge_text(edge.shape, edge.dtype, usual)} "])}


def _totals(graph: Graph) -> str:
    frozen = f", {graph.frozen:,} of them frozen" if graph.frozen else ""
    parts = [counted(graph.operations, "operation"), counted(graph.parameters, "parameter") + frozen]
    if graph.dtype != "float32":
        parts.append(str(graph.dtype))
    return " · ".join(parts)


def _label(lines: list[str], after: str = "") -> str:
    """Return lines as a label that is always text, even if it begins with < and ends with > like DOT's markup."""
    import graphviz

    return graphviz.nohtml("\\n".join(_escape(line) for line in lines if line) + after)


def _escape(text: str) -> str:
    """Return `text` so that DOT shows it literally, without characters that cannot be printed."""
    text = "".join(char if char.isprintable() or char == PAD else "\ufffd" for char in text)
    return text.replace("\\", "\\\\").replace("&", "&amp;")
