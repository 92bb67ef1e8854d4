"""Names and roles of the tensors that no operation made."""

from __future__ import annotations

import pytest
from small_network import values

from tinygrad_cnn import ops, randn, tensor
from tinygrad_cnn.autograd import enter_scope
from tinygrad_cnn.graph import Value, trace
from tinygrad_cnn.graph.collapse import collapse


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


def test_plain_numbers_are_drawn_at_each_use():
    x = tensor(3.0, requires_grad=True)
    numbers = [node for node in trace(2 * x - x / 2).nodes if isinstance(node, Value) and node.role == "number"]
    assert [number.name for number in numbers] == ["2", "2"]
