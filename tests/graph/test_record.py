"""`draw(model, x)`: what ran is drawn, whatever the tape kept; the model is as before; a failure is drawn in red."""

from __future__ import annotations

import threading

import pytest
from small_network import Both

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import models, nn
from tinygrad_cnn.autograd.node import observers
from tinygrad_cnn.graph import Operation, draw, trace
from tinygrad_cnn.graph.trace import trace_call


def drawn(model, *args, **kwargs):
    graph, error = trace_call(model, *args, **kwargs)
    assert error is None
    return graph


def layers():
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3)
    )


X = tg.rand(2, 1, 8, 8)


@pytest.mark.parametrize(
    "model", [layers, lambda: models.resnet18(num_classes=3), lambda: models.densenet121(num_classes=3)]
)
def test_a_model_of_which_the_tape_keeps_everything_is_drawn_as_from_its_output(model):
    model = model()
    x = X if isinstance(model, nn.Sequential) else tg.rand(2, 3, 32, 32)
    assert drawn(model, x) == trace(model(x), inputs={"input": x})


@pytest.mark.parametrize("how", ["some", "all", "no_grad", "no_grad inside"])
def test_what_is_frozen_or_not_recorded_is_drawn_all_the_same(how):
    model = layers()
    whole = drawn(model, X)
    if how in ("some", "all"):
        for parameter in list(model.parameters())[: 2 if how == "some" else None]:
            parameter.requires_grad_(False)
    if how == "no_grad inside":
        forward = model.forward

        def without(x):
            with tg.no_grad():
                return forward(x)

        model.forward = without
    with tg.set_grad_enabled(how != "no_grad"):
        graph = drawn(model, X)
    assert [(node.id, node.name, node.shape, node.cluster) for node in graph.nodes] == [
        (node.id, node.name, node.shape, node.cluster) for node in whole.nodes
    ]
    assert graph.edges == whole.edges
    assert graph.parameters == whole.parameters == 20 + 4 + 57
    assert graph.frozen == {"some": 20, "all": 81}.get(how, 0)


def test_frozen_parameters_are_marked():
    model = layers()
    model[0].weight.requires_grad_(False)
    text = draw(model, X).dot
    assert "2×1×3×3 · 18 · frozen" in text
    assert "81 parameters, 18 of them frozen" in text
    assert text.count("frozen") == 2


@pytest.mark.parametrize(
    "activation",
    [nn.ReLU(inplace=True), nn.Hardtanh(inplace=True), nn.ELU(inplace=True), nn.SiLU(inplace=True)],
)
@pytest.mark.parametrize("frozen", [False, True])
def test_changes_in_place_are_drawn_where_they_happen(activation, frozen):
    model = nn.Sequential(nn.Linear(4, 4), activation, nn.Linear(4, 2))
    for parameter in model.parameters():
        parameter.requires_grad_(not frozen)
    graph = drawn(model, tg.rand(3, 4))
    names = [node.name for node in graph.nodes if isinstance(node, Operation)]
    assert names == ["linear", type(activation).__name__.lower(), "linear"]


@pytest.mark.parametrize("requires_grad", [False, True])
def test_outputs_of_a_function_keep_their_positions(requires_grad):
    class Product(nn.Module):
        def forward(self, x):
            p, q = Both.apply(x)
            return q - p

    x = tg.rand(3, requires_grad=requires_grad)
    graph = drawn(Product(), x)
    sub = next(node.id for node in graph.nodes if node.name == "sub")
    assert [(edge.output, edge.position) for edge in graph.edges if edge.target == sub] == [(1, 0), (0, 1)]
    assert next(node for node in graph.nodes if node.name == "Both").outputs == 2


def test_several_inputs_and_outputs_have_names():
    class Two(nn.Module):
        def forward(self, x, y):
            return {"sum": x + y, "parts": [x * 2, y]}

    x, y = tg.rand(3), tg.rand(3)
    names = [node.name for node in drawn(Two(), x, y).nodes]
    assert names == ["input 1", "input 2", "add", "2", "mul", "output 1", "output 2", "output 3"]
    named = drawn(Two(), x, y, inputs={"left": x})
    assert [node.name for node in named.nodes][:2] == ["left", "input 2"]


def test_the_model_and_the_random_numbers_are_as_before():
    model = nn.Sequential(layers(), nn.Dropout())
    before = [tensor.clone() for tensor in (*model.parameters(), *model.buffers())]
    tg.manual_seed(3)
    expected = tg.rand(2)
    tg.manual_seed(3)
    draw(model, X)
    assert tg.rand(2).tolist() == expected.tolist()
    assert all((a == b).all() for a, b in zip(before, (*model.parameters(), *model.buffers()), strict=True))
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert observers == []


def test_operations_of_other_threads_are_not_part_of_it():
    class Busy(nn.Module):
        def forward(self, x):
            other = threading.Thread(target=lambda: x.exp().sin())
            other.start()
            other.join()
            return x * 2

    names = [node.name for node in drawn(Busy(), X).nodes]
    assert names == ["input", "2", "mul", "output"]


class Wrong(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 2, 3), nn.Linear(5, 3)

    def forward(self, x):
        return self.head(self.conv(x).relu().flatten(1))


def test_a_forward_pass_that_raises_is_drawn_up_to_the_operation_that_failed():
    drawing = draw(Wrong(), X)
    assert isinstance(drawing.error, RuntimeError)
    assert [node.name for node in drawing.graph.nodes if isinstance(node, Operation)] == [
        "conv2d", "relu", "reshape", "linear",
    ]  # fmt: skip
    failed = drawing.graph.nodes[-1]
    assert failed.error.startswith("linear: expected input with a last axis of 5 (weight (3, 5)), got (2, 72)")
    clusters = {cluster.id: cluster for cluster in drawing.graph.clusters}
    assert clusters[failed.cluster].name == "head"
    names = {node.id: node.name for node in drawing.graph.nodes}
    assert [names[edge.source] for edge in drawing.graph.edges if edge.target == failed.id] == [
        "reshape", "weight", "bias",
    ]  # fmt: skip
    assert "#c62828" in drawing.dot
    assert observers == []


@pytest.mark.parametrize(
    ("forward", "name", "before"),
    [
        (lambda x: x.exp() @ tg.rand(5, 5), "matmul", ["exp"]),
        (lambda x: tg.cat([x.exp(), x[:, :, :2]], dim=0), "cat", ["exp", "getitem"]),
        (lambda x: F.cross_entropy(x.sin(), tg.rand(3)), "cross_entropy", ["sin"]),
        (lambda x: F.conv2d(x.sin(), tg.rand(2, 3, 3, 3)), "conv2d", ["sin"]),
        (lambda x: F.linear(x, tg.rand(2, 3)), "linear", []),
        (lambda x: x.exp().missing, "AttributeError", ["exp"]),
        (lambda x: 1 / 0, "ZeroDivisionError", []),
    ],
)
def test_the_failing_operation_has_its_name_or_that_of_the_error(forward, name, before):
    class Fails(nn.Module):
        def forward(self, x):
            return forward(x)

    drawing = draw(Fails(), X)
    assert [node.name for node in drawing.graph.nodes if isinstance(node, Operation)] == [*before, name]
    assert drawing.graph.nodes[-1].error
    assert drawing.svg


def test_a_model_that_returns_no_tensor_is_refused():
    class Nothing(nn.Module):
        def forward(self, x):
            x.exp()

    with pytest.raises(TypeError, match="draw: expected the model to return tensors, got NoneType"):
        draw(Nothing(), X)


def test_names_that_are_no_mapping_are_refused_before_the_model_runs():
    class Runs(nn.Module):
        def forward(self, x):
            raise AssertionError("it ran")

    with pytest.raises(TypeError, match="draw: expected inputs as a mapping from names to tensors, got int"):
        draw(Runs(), X, inputs=3)
    with pytest.raises(TypeError, match=r"draw: expected a tensor as inputs\['x'\], got float"):
        draw(Runs(), X, inputs={"x": 1.0})
