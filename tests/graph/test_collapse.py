"""Closed modules and left-out constants."""

from __future__ import annotations

import copy
import math

import pytest
from small_network import values

from tinygrad_cnn import nn, ops, randn, stack, tensor
from tinygrad_cnn.autograd import enter_scope
from tinygrad_cnn.graph import Box, Value, trace
from tinygrad_cnn.graph.collapse import collapse, fit, without_constants
from tinygrad_cnn.graph.dot import to_dot


def test_without_constants():
    a = tensor(2.0, requires_grad=True)
    graph = without_constants(trace(a * tensor(3.0)))
    assert [n.name for n in graph.nodes] == ["leaf", "mul", "output"]
    assert [(e.source, e.target) for e in graph.edges] == [("value1", "op1"), ("op1", "value3")]


def test_collapse_to_the_outermost_module(run):
    graph = collapse(trace(run.loss), 0)
    assert [n.id for n in graph.nodes] == ["value1", "module1", "value6", "op5", "value7"]
    net = graph.nodes[1]
    assert (net.kind, net.operations, net.parameters) == ("Net", 4, 119)
    assert (net.inputs, net.outputs, net.family) == (((5, 1, 6, 6),), ((5, 3),), "other")
    assert graph.clusters == ()


def test_collapse_inside_the_outermost_module(run):
    full = trace(run.loss)
    graph = collapse(full, 1)
    boxes = [(n.name, n.family, n.parameters, n.cluster) for n in graph.nodes if n.id.startswith("module")]
    assert boxes == [
        ("conv", "convolution", 20, "cluster_1"), ("act", "activation", 0, "cluster_1"),
        ("fc", "matmul", 99, "cluster_1"),
    ]  # fmt: skip
    assert [(e.source, e.target) for e in graph.edges] == [
        ("value1", "module1"), ("module1", "module2"), ("module2", "op3"), ("op3", "module3"), ("module3", "op5"),
        ("value6", "op5"), ("op5", "value7"),
    ]  # fmt: skip
    assert (graph.operations, graph.parameters) == (full.operations, full.parameters)
    assert collapse(full, 2) == full


def test_collapse_keeps_a_parameter_that_is_used_outside_too(run):
    shared = run.net.conv.parts["weight"]
    graph = collapse(trace(run.loss + shared.sum()), 1)
    weight = values(graph)["weight"]
    assert weight.cluster == "cluster_1"
    names = {n.id: n.name for n in graph.nodes}
    assert [names[e.target] for e in graph.edges if e.source == weight.id] == ["conv", "sum"]
    assert next(n for n in graph.nodes if n.name == "conv").parameters == 2  # the weight is drawn, the bias counted


def test_collapse_draws_a_tensor_that_a_box_uses_twice_as_one_edge(part):
    x, owner = randn(2, requires_grad=True), part()
    with enter_scope("square", "Square", owner):
        y = x * x
    graph = collapse(trace(y, inputs={"x": x}), 0)
    assert [(e.source, e.target) for e in graph.edges] == [("value1", "module1"), ("module1", "value2")]


def test_two_calls_of_one_module_are_two_boxes_with_its_parameters(part):
    w = randn(2, 2, requires_grad=True)
    owner, x = part(weight=w), randn(2, 2)
    for _ in range(2):
        with enter_scope("cell", "Cell", owner):
            x = ops.linear(x, w, None)
    full = trace(x)
    graph = collapse(full, 0)
    assert full.parameters == 4
    boxes = [(n.id, n.parameters, n.shared) for n in graph.nodes if n.id.startswith("module")]
    assert boxes == [("module1", 4, 0), ("module2", 0, 4)]


def boxes_of(graph):
    return [node for node in graph.nodes if isinstance(node, Box)]


def test_boxes_and_drawn_parameters_add_up_to_the_total_whatever_is_tied():
    """Of an encoder whose weight a decoder uses again, transposed, in both modules."""
    encode, decode = nn.Linear(4, 3), nn.Linear(3, 4)
    decode.weight = nn.Parameter(decode.weight)
    again = nn.Sequential(encode, decode, encode)
    graph = trace(again(randn(2, 4)).sum())
    for depth in (0, 1):
        closed = collapse(graph, depth)
        drawn = sum(math.prod(one.shape) for one in values(closed).values() if one.role == "parameter")
        assert sum(box.parameters for box in boxes_of(closed)) + drawn == graph.parameters == 31


def test_a_graph_that_fits_stays_as_it_is(run):
    graph = trace(run.loss)
    assert fit(graph, 5) is graph


def test_modules_are_closed_from_the_innermost_outwards_until_the_graph_fits():
    block = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.ReLU())
    graph = trace(nn.Sequential(*[copy.deepcopy(block) for _ in range(10)])(randn(1, 2)).sum())
    assert graph.operations == 41
    assert len(boxes_of(fit(graph, 41))) == 0
    closed = fit(graph, 40)
    assert [(box.kind, box.operations) for box in boxes_of(closed)] == [("Sequential", 4)] * 10
    assert sum(box.parameters for box in boxes_of(closed)) == graph.parameters


@pytest.mark.parametrize("limit", [3, 4, 7, 50])
def test_the_operations_in_the_middle_become_one_box_where_closing_modules_is_not_enough(limit):
    x = y = randn(2, requires_grad=True)
    for i in range(60):
        y = y * 1.5 if i % 2 else y.tanh() + x
    graph = fit(trace(y, inputs={"x": x}), limit)
    (box,) = boxes_of(graph)
    sized = [node for node in graph.nodes if not isinstance(node, Value)]
    assert len(sized) == limit
    assert sum(node.operations if isinstance(node, Box) else 1 for node in sized) == graph.operations == 90
    assert box.name == f"{91 - limit} more operations"
    order = {node.id: i for i, node in enumerate(graph.nodes)}
    assert all(order[edge.source] < order[edge.target] for edge in graph.edges)
    assert {edge.source for edge in graph.edges if edge.target == box.id} >= {"value1"}


def test_many_tensors_from_the_folded_box_are_one_arrow_with_their_number():
    x = randn(2, requires_grad=True)
    graph = fit(trace(stack([x * float(i) for i in range(50)]).sum()), 10)
    (box,) = boxes_of(graph)
    stacked = next(node.id for node in graph.nodes if node.name == "stack")
    assert [edge.count for edge in graph.edges if (edge.source, edge.target) == (box.id, stacked)] == [43]


def test_one_tensor_that_is_used_twice_at_the_folded_box_is_not_counted_twice():
    y = tensor([1.0], requires_grad=True)
    for _ in range(20):
        y = y * y
    graph = fit(trace(y), 5)
    assert [edge.count for edge in graph.edges] == [1] * len(graph.edges)
    assert "tensors" not in to_dot(graph)
