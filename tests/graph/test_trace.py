from __future__ import annotations

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import enter_scope, grad, no_grad, registry
from tinygrad_cnn import randn, tensor
from tinygrad_cnn.graph import Operation, Value, trace
from tinygrad_cnn.graph.collapse import collapse, without_constants
from tinygrad_cnn.graph.families import FAMILIES, family


def values(graph):
    return {node.name: node for node in graph.nodes if isinstance(node, Value)}


def operations(graph):
    return [node.name for node in graph.nodes if isinstance(node, Operation)]


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


def test_modules_name_their_parameters_themselves(run):
    graph = trace(run.loss)
    clusters = {cluster.id: cluster.name for cluster in graph.clusters}
    found = [(n.name, n.shape, clusters[n.cluster]) for n in graph.nodes if getattr(n, "role", "") == "parameter"]
    assert found == [
        ("weight", (2, 1, 3, 3), "conv"), ("bias", (2,), "conv"), ("weight", (3, 32), "fc"), ("bias", (3,), "fc"),
    ]  # fmt: skip


class Plain:
    pass


@pytest.mark.parametrize("outer", [True, False])
def test_given_names_are_shortened_by_the_path_of_the_module_that_uses_them(outer):
    w, owner = randn(2, 2, requires_grad=True), Plain()

    def inner():
        with enter_scope("fc1", "Linear", owner):
            return ops.linear(w, w, None)

    if outer:
        with enter_scope("Net", "Net", owner):
            y = inner()
    else:
        y = inner()
    parameter = values(trace(y, params={"fc1.weight": w}))["weight"]
    assert parameter.role == "parameter"
    assert parameter.cluster == ("cluster_2" if outer else "cluster_1")


def test_a_module_gives_names_where_no_module_ran(run):
    w = run.net.fc.parts["weight"]
    assert "fc.weight" in values(trace((w * w).sum(), params=run.net))


def test_a_frozen_parameter_keeps_its_name(run):
    run.net.conv.parts["weight"].requires_grad_(False)
    run.loss = ops.cross_entropy(run.net(run.x), run.t, reduction="mean")
    frozen = [n for n in trace(run.loss).nodes if getattr(n, "shape", None) == (2, 1, 3, 3)]
    assert [(n.role, n.name) for n in frozen] == [("parameter", "weight")]


def test_tensors_without_a_name_are_told_by_their_place(run):
    found = values(trace(run.loss))
    assert (found["input"].shape, found["target"].shape) == ((5, 1, 6, 6), (5,))
    a = tensor(2.0, requires_grad=True)
    graph = trace(a * tensor(3.0))
    assert [(n.role, n.name) for n in graph.nodes if isinstance(n, Value)] == [
        ("leaf", "leaf"), ("constant", "constant"), ("output", "output"),
    ]  # fmt: skip


def test_a_target_stands_beside_its_loss_and_outside_the_box_it_becomes(part):
    x, t, criterion = randn(2, 3, requires_grad=True), tensor([0, 1]), part()
    with enter_scope("criterion", "CrossEntropyLoss", criterion):
        loss = ops.cross_entropy(x, t, reduction="mean")
    for inputs, name in ((None, "target"), ({"t": t, "x": x}, "t")):
        graph = trace(loss, inputs=inputs)
        assert values(graph)[name].cluster == "cluster_1"
        boxed = collapse(graph, 0)
        target = values(boxed)[name]
        assert target.cluster is None
        assert (target.id, "module1") in [(e.source, e.target) for e in boxed.edges]


def test_given_inputs_are_named_and_nothing_else_is_guessed(run):
    found = values(trace(run.loss, inputs={"images": run.x}))
    assert found["images"].role == "input"
    assert (found["constant"].role, found["constant"].shape) == ("constant", (5,))


def test_an_input_that_requires_a_gradient_is_no_parameter():
    x = randn(3, requires_grad=True)
    graph = trace((x * x).sum(), inputs={"x": x})
    assert values(graph)["x"].role == "input"
    assert graph.parameters == 0


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


def test_every_operation_has_a_family():
    ours = [op for op in registry.values() if op.__wrapped__.__module__.startswith("tinygrad_cnn.")]
    assert len(ours) > 40
    assert {op.name for op in ours if family(op) not in FAMILIES.values()} == set()
    assert family(registry["conv2d_weight"]) == "convolution"
    assert family(registry["max_pool2d"]) == "pooling"
    assert family(registry["softmax"]) == "activation"
    assert family(registry["sum_to"]) == "shape"


def test_values_of_small_tensors_before_and_after_backward():
    a, b, c = (tensor(v, requires_grad=True) for v in (2.0, -3.0, 10.0))
    y = (a * b + c).relu()
    for _ in range(2):
        graph = trace(y, params={"a": a, "b": b, "c": c}, values=True)
        flowing = {e.source: e.data.item() for e in graph.edges}
        assert flowing == {"value1": 2.0, "value2": -3.0, "op1": -6.0, "value3": 10.0, "op2": 4.0, "op3": 4.0}
        if y.grad_fn.args is not None:
            assert values(graph)["a"].grad is None
            y.backward()
    assert values(graph)["a"].grad.item() == -3.0
    assert values(graph)["b"].grad.item() == 2.0


def test_values_of_large_tensors_are_never_kept(run):
    run.loss.backward()
    graph = trace(run.loss, values=True)
    assert values(graph)["weight"].data is None
    assert values(graph)["loss"].data.item() == run.loss.item()
    assert all(e.data is None or e.data.size <= 4 for e in graph.edges)


def test_values_are_copies():
    a = tensor([1.0, 2.0], requires_grad=True)
    graph = trace(a * a, values=True)
    with no_grad():
        a.mul_(0.0) if hasattr(a, "mul_") else a.array.fill(0)
    np.testing.assert_array_equal(values(graph)["leaf"].data, [1.0, 2.0])


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


def test_plain_numbers_are_drawn_at_each_use():
    x = tensor(3.0, requires_grad=True)
    numbers = [node for node in trace(2 * x - x / 2).nodes if isinstance(node, Value) and node.role == "number"]
    assert [number.name for number in numbers] == ["2", "2"]


def test_what_float16_operations_computed_is_computed_again_in_float32():
    x = tensor([300.0, 400.0], dtype="float16", requires_grad=True)
    graph = trace(ops.norm(x) * 1.0, values=True)
    norm = next(edge.data for edge in graph.edges if edge.shape == () and edge.source == "op1")
    assert (norm.dtype, norm.item()) == (np.float16, 500)
