"""Closed modules and left-out constants."""

from __future__ import annotations

from small_network import values

from tinygrad_cnn import ops, randn, tensor
from tinygrad_cnn.autograd import enter_scope
from tinygrad_cnn.graph import trace
from tinygrad_cnn.graph.collapse import collapse, without_constants


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
    assert [names[e.target] for e in graph.edges if e.source == weight.id] == ["sum"]
    assert next(n for n in graph.nodes if n.name == "conv").parameters == 20


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
    assert [(n.id, n.parameters) for n in graph.nodes if n.id.startswith("module")] == [("module1", 4), ("module2", 4)]
