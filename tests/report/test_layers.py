"""`summary`: one row for each layer, in the order in which they ran, with its costs."""

import threading

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.autograd.node import observers
from tinygrad_cnn.models import SimpleConvNet, resnet18
from tinygrad_cnn.report import summary


def rows(model, *args):
    return [(row.name, row.kind, row.output) for row in summary(model, *args).rows]


class Calls(nn.Module):
    """A model with a container, so that its operations are rows of their own."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        self.inner = nn.Identity()
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, *xs):
        return self.function(self, *xs)


def test_simple_convnet():
    found = summary(SimpleConvNet(), (2, 1, 28, 28))
    assert [(row.name, row.kind, row.output, row.parameters) for row in found.rows] == [
        ("conv1", "Conv2d", (2, 30, 24, 24), 780),
        ("", "relu", (2, 30, 24, 24), 0),
        ("pool1", "MaxPool2d", (2, 30, 12, 12), 0),
        ("", "reshape", (2, 4320), 0),
        ("fc1", "Linear", (2, 100), 432_100),
        ("", "relu", (2, 100), 0),
        ("fc2", "Linear", (2, 10), 1_010),
    ]
    assert [row.multiply_adds for row in found.rows] == [2 * 30 * 24 * 24 * 25, 0, 0, 0, 2 * 432_000, 0, 2 * 1000]
    assert [row.activation_bytes for row in found.rows] == [138_240, 138_240, 34_560, 0, 800, 800, 80]
    assert found.parameters == found.trainable == 433_890
    assert found.multiply_adds == 1_730_000
    assert found.activation_bytes == 312_720
    assert found.parameter_bytes == 4 * 433_890
    assert found.unused == 0


def test_resnet18_costs_what_is_published():
    found = summary(resnet18(), (1, 3, 224, 224))
    assert found.multiply_adds == 1_814_073_344
    assert found.parameters == sum(row.parameters for row in found.rows) == 11_689_512
    assert [(row.name, row.kind) for row in found.rows if row.name.startswith("layer2.0")] == [
        ("layer2.0.conv1", "Conv2d"), ("layer2.0.bn1", "BatchNorm2d"), ("layer2.0.relu", "ReLU"),
        ("layer2.0.conv2", "Conv2d"), ("layer2.0.bn2", "BatchNorm2d"), ("layer2.0.downsample.0", "Conv2d"),
        ("layer2.0.downsample.1", "BatchNorm2d"), ("layer2.0", "add"), ("layer2.0.relu", "ReLU"),
    ]  # fmt: skip


def test_a_layer_alone_nested_layers_and_frozen_parameters():
    assert rows(nn.Linear(3, 2), (1, 3)) == [("Linear", "Linear", (1, 2))]
    inner = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    model = nn.Sequential(inner, nn.Linear(4, 2)).double()
    model[1].requires_grad_(False)
    found = summary(model, (1, 3))
    assert [row.name for row in found.rows] == ["0.0", "0.1", "1"]
    assert (found.parameters, found.trainable, found.parameter_bytes) == (26, 16, 208)


def test_layers_that_compute_nothing_have_rows():
    model = nn.Sequential(nn.Identity(), nn.Dropout(0.5), nn.Flatten())
    assert rows(model, (2, 3, 4)) == [
        ("0", "Identity", (2, 3, 4)), ("1", "Dropout", (2, 3, 4)), ("2", "Flatten", (2, 12)),
    ]  # fmt: skip
    assert summary(model, (2, 3, 4)).activation_bytes == 0


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Dropout(0.5))
    model[1].eval()
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    summary(model, (4, 3))
    assert [module.training for module in model.modules()] == [True, True, False, True]
    assert model[0].weight.grad is None
    assert all((value.numpy() == before[name]).all() for name, value in model.state_dict().items())
    seen = len(observers)
    with pytest.raises(RuntimeError, match=r"last axis of 3"):
        summary(model, (4, 5))
    assert [module.training for module in model.modules()] == [True, True, False, True]
    assert len(observers) == seen
    model(tg.zeros(4, 3))  # no hook of the summary is left behind that would run


def test_hooks_are_removed():
    model = nn.Sequential(nn.Linear(3, 2))
    found = summary(model, (4, 3))
    model(tg.zeros(4, 3))
    assert len(found.rows) == len(summary(model, (4, 3)).rows) == 1


def test_a_layer_used_twice_has_two_rows_and_counts_once():
    model = Calls(lambda self, x: self.layer(tg.relu(self.layer(x))), layer=nn.Linear(3, 3))
    found = summary(model, (1, 3))
    assert [(row.kind, row.parameters, row.multiply_adds) for row in found.rows] == [
        ("Linear", 12, 9), ("relu", 0, 0), ("Linear", 0, 9),
    ]  # fmt: skip
    assert found.parameters == 12


def test_several_inputs_and_their_dtypes():
    model = Calls(
        lambda self, words, more: self.fc(self.table(words).mean(1) + more),
        table=nn.Embedding(50, 8),
        fc=nn.Linear(8, 2),
    )
    found = summary(model, [(4, 6), (4, 8)], [tg.int64, tg.float32])
    assert [(row.name, row.output) for row in found.rows] == [
        ("table", (4, 6, 8)), ("", (4, 8)), ("", (4, 8)), ("fc", (4, 2)),
    ]  # fmt: skip
    assert str(found).startswith("Calls, input 4×6, 4×8\n")
    assert rows(nn.Embedding(5, 3), (2,), tg.int64) == [("Embedding", "Embedding", (2, 3))]


def test_parameters_outside_layers_and_unused_ones():
    model = Calls(lambda self, x: x * self.scale, spare=nn.Linear(3, 2))
    model.scale = nn.Parameter(tg.ones(3))
    found = summary(model, (1, 3))
    assert [(row.kind, row.parameters) for row in found.rows] == [("mul", 3)]
    assert (found.parameters, found.unused) == (11, 8)
    assert str(found).endswith("11 parameters (44 B), 11 of them trainable; 8 were not used")


def test_outputs_that_are_no_tensor():
    class Odd(nn.Module):
        def __init__(self, give):
            super().__init__()
            self.give = give

        def forward(self, x):
            return self.give(x)

    assert rows(Odd(lambda x: {"a": None, "b": (3, x)}), (2, 3))[0][2] == (2, 3)
    assert rows(Odd(lambda _: "nothing"), (2, 3))[0][2] is None
    assert summary(Odd(lambda _: "nothing"), (2, 3)).table()[1][2] == "–"


def test_operations_of_another_thread_are_not_counted():
    def forward(_, x):
        other = threading.Thread(target=lambda: tg.ones(8, 8) @ tg.ones(8, 8))
        other.start()
        other.join()
        return x * 2

    assert [row.kind for row in summary(Calls(forward), (2,)).rows] == ["mul"]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: summary(tg.relu, (1,)), TypeError, "summary: expected a module, got "),
        (lambda: summary(nn.ReLU(), 3), TypeError, "summary: expected input_size as a shape .* got 3"),
        (lambda: summary(nn.ReLU(), [(3,)], [tg.int64] * 2), ValueError, "as many dtypes as inputs, got 2 for 1"),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()
