"""Graphs of gradients: which pass an operation belongs to, in which module it is drawn, and what the results are."""

from __future__ import annotations

import re

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.graph import Operation, Value, draw, trace


def network():
    """Return a graph of the gradients of all parameters of a small network, and its model."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x, t = tg.rand(5, 3), tg.tensor([0, 1, 0, 1, 1])
    F.cross_entropy(model(x), t).backward(create_graph=True)
    return model, x, t


def test_backward_operations_are_drawn_in_their_modules():
    model, x, t = network()
    graph = trace(*[parameter.grad for parameter in model.parameters()], inputs={"x": x, "t": t})
    clusters = {cluster.id: cluster for cluster in graph.clusters}

    def path(cluster):
        return () if cluster is None else (*path(clusters[cluster].parent), clusters[cluster].name)

    placed = {(node.name, path(node.cluster), node.order) for node in graph.nodes if isinstance(node, Operation)}
    assert {
        ("linear", ("Sequential", "0"), 0), ("tanh", ("Sequential", "1"), 0), ("linear", ("Sequential", "2"), 0),
        ("cross_entropy_input", ("gradient",), 1), ("matmul", ("Sequential", "2", "gradient"), 1),
        ("sub", ("Sequential", "1", "gradient"), 1), ("sum", ("Sequential", "0", "gradient"), 1),
    } <= placed  # fmt: skip
    outputs = [(node.name, path(node.cluster)) for node in graph.nodes if getattr(node, "role", "") == "output"]
    assert outputs == [
        ("∂L/∂weight", ("Sequential", "0", "gradient")), ("∂L/∂bias", ("Sequential", "0", "gradient")),
        ("∂L/∂weight", ("Sequential", "2", "gradient")), ("∂L/∂bias", ("Sequential", "2", "gradient")),
    ]  # fmt: skip


def test_a_tensor_is_one_box_and_the_gradient_begins_at_1():
    x = tg.rand(3)
    w = tg.rand(3, requires_grad=True)
    (g,) = grad((x * w * w).sum(), w, create_graph=True)
    graph = trace(g, inputs={"x": x}, params={"w": w})
    names = [node.name for node in graph.nodes if isinstance(node, Value)]
    assert names.count("x") == 1
    assert names.count("w") == 1
    y = tg.rand((), requires_grad=True)
    (g,) = grad(y * y, y, create_graph=True)
    assert [node.name for node in trace(g).nodes if getattr(node, "role", "") == "number"] == ["1"]


def test_gradients_of_plain_tensors_have_their_names():
    w = tg.rand(3, requires_grad=True)
    (w**3).sum().backward(create_graph=True)
    assert [node.name for node in trace(w.grad, params={"w": w}).nodes][-1] == "∂L/∂w"


def test_the_orders_are_told_apart():
    w = tg.rand(3, requires_grad=True)
    (first,) = grad((w**4).sum(), w, create_graph=True)
    (second,) = grad((first * w).sum(), w, create_graph=True)
    orders = {node.order for node in trace(second).nodes if isinstance(node, Operation)}
    assert orders == {1, 2}  # the forward pass is not needed: what the gradients read of it is w
    assert {cluster.name for cluster in trace(second).clusters} == {"gradient", "gradient of order 2"}


def test_the_backward_pass_is_drawn_upwards_and_what_it_saved_dashed():
    model, x, t = network()
    graph = trace(*[parameter.grad for parameter in model.parameters()], inputs={"x": x, "t": t})
    text = draw(*[parameter.grad for parameter in model.parameters()], inputs={"x": x, "t": t}).dot
    orders = {node.id: node.order for node in graph.nodes if isinstance(node, Operation)}
    for edge in graph.edges:
        if edge.source in orders and edge.target in orders:
            down = re.findall(rf"^\t*{edge.source} -> {edge.target} \[(.*)\]", text, re.M)
            up = re.findall(rf"^\t*{edge.target} -> {edge.source} \[(.*)\]", text, re.M)
            if orders[edge.source] == orders[edge.target] == 1:
                assert up, edge
                assert all("dir=back" in attrs for attrs in up)
            else:
                assert down, edge
                assert all(("dashed" in attrs) == (orders[edge.source] != orders[edge.target]) for attrs in down)
