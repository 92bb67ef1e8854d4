from __future__ import annotations

import pytest
from small_network import operations, values

from tinygrad_cnn import randn, tensor
from tinygrad_cnn.autograd import grad, no_grad
from tinygrad_cnn.graph import Operation, draw, trace


def test_operations_come_in_program_order_in_the_cluster_of_their_module(run):
    graph = trace(run.loss)
    names = {cluster.id: cluster.name for cluster in graph.clusters}
    placed = [(node.name, names.get(node.cluster)) for node in graph.nodes if isinstance(node, Operation)]
    assert placed == [
        ("conv2d", "conv"), ("relu", "act"), ("reshape", "Net"), ("linear", "fc"), ("cross_entropy", None),
    ]  # fmt: skip
    assert [(c.name, c.kind, c.detail, names.get(c.parent)) for c in graph.clusters] == [
        ("Net", "Net", "", None), ("conv", "Conv2d", "1, 2, kernel_size=(3, 3)", "Net"), ("act", "ReLU", "", "Net"),
        ("fc", "Linear", "32, 3", "Net"),
    ]  # fmt: skip


def test_edges_carry_the_shape_of_what_flows(run):
    graph = trace(run.loss)
    names = {node.id: node.name for node in graph.nodes}
    assert [(names[e.source], names[e.target], e.shape) for e in graph.edges if e.source.startswith("op")] == [
        ("conv2d", "relu", (5, 2, 4, 4)), ("relu", "reshape", (5, 2, 4, 4)), ("reshape", "linear", (5, 32)),
        ("linear", "cross_entropy", (5, 3)), ("cross_entropy", "loss", ()),
    ]  # fmt: skip


def test_totals_count_each_parameter_once(run):
    graph = trace(run.loss + run.net.fc.parts["weight"].sum())
    assert graph.operations == 7
    assert graph.parameters == 2 * 9 + 2 + 3 * 32 + 3


def test_one_tensor_used_twice_is_one_value_with_two_edges():
    a = tensor(2.0, requires_grad=True)
    graph = trace(a * a)
    assert [(e.source, e.target) for e in graph.edges] == [("value1", "op1"), ("value1", "op1"), ("op1", "value2")]


def test_several_outputs_share_one_graph():
    a = tensor(2.0, requires_grad=True)
    b = a.exp()
    graph = trace(b * b, b)
    assert operations(graph) == ["exp", "mul"]
    assert [n.name for n in graph.nodes if getattr(n, "role", "") == "output"] == ["output 1", "output 2"]


def test_the_graph_is_the_same_after_backward_and_in_another_run(run, another_run):
    before = trace(run.loss)
    run.loss.backward()
    assert trace(run.loss) == before
    assert trace(another_run.loss) == before


def test_a_gradient_is_drawn_with_the_operations_that_made_it():
    w = randn(3, requires_grad=True)
    (g,) = grad((w * w * w).sum(), w, create_graph=True)
    graph = trace(g)
    assert len(operations(graph)) > 3
    assert values(graph)["leaf"].shape == (3,)


def test_ten_thousand_operations_in_a_row():
    x = start = tensor(1.0, requires_grad=True)
    for _ in range(10_000):
        x = -x
    graph = trace(x, params={"start": start})
    assert graph.operations == 10_000
    assert len(graph.edges) == 10_001


def test_bad_arguments_are_named():
    a = tensor(1.0, requires_grad=True)
    with pytest.raises(ValueError, match="draw: expected at least one tensor, got none"):
        trace()
    with pytest.raises(TypeError, match="draw: expected tensors, got float as output 1"):
        trace(a * a, 1.0)
    with pytest.raises(ValueError, match=r"draw: no recorded operation made output 0, of shape \(\)"):
        trace(a)
    with no_grad(), pytest.raises(ValueError, match="no_grad"):
        trace(a * a)
    with pytest.raises(TypeError, match=r"expected params as a module or a mapping .* got list"):
        trace(a * a, params=[a])
    with pytest.raises(TypeError, match=r"expected inputs as a mapping .* got int"):
        trace(a * a, inputs=3)
    with pytest.raises(TypeError, match=r"expected a tensor as params\['a'\], got float"):
        trace(a * a, params={"a": 1.0})


def test_the_operation_whose_gradient_failed_is_marked_with_the_message():
    w = randn(3, requires_grad=True)
    y = w.exp()
    y.register_hook(lambda g: 1 / 0)
    loss = (y * 2).sum()
    with pytest.raises(ZeroDivisionError) as caught:
        loss.backward()
    marked = [(node.name, node.error) for node in trace(loss, error=caught.value).nodes if getattr(node, "error", "")]
    assert marked == [("exp", "division by zero")]
    drawing = draw(loss, error=caught.value)
    assert drawing.error is caught.value
    assert "division by zero" in drawing.dot
    for other in (ValueError("another\nline"), ValueError()):
        with pytest.raises(
            ValueError, match=r"expected error as what a backward pass .* got ValueError: (another|ValueError)$"
        ):
            trace(loss, error=other)
