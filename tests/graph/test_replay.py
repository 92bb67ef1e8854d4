"""A graph, written as JSON and read again, computes the outputs and gradients of the program that it was drawn of."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import models, nn
from tinygrad_cnn.autograd import Function
from tinygrad_cnn.graph import Value, draw, from_json, replay, trace, trace_call
from tinygrad_cnn.graph.collapse import collapse


class WithLoss(nn.Module):
    """A model up to its loss."""

    def __init__(self, model, target):
        super().__init__()
        self.model, self.target = model, target

    def forward(self, x):
        y = self.model(x)
        y = y[0] if isinstance(y, tuple) else y
        return F.cross_entropy(y, self.target)


SMALL = {
    "CnnBasicModel": (lambda: models.CnnBasicModel([6], input_size=(1, 4, 4), num_classes=3), (2, 1, 4, 4)),
    "ConvNet2": (lambda: models.ConvNet2(), (2, 1, 11, 11)),
    "DeepConvNet": (lambda: models.DeepConvNet(), (2, 1, 28, 28)),
    "DigitConvNet": (lambda: models.DigitConvNet(), (2, 1, 28, 28)),
    "LeNet5": (lambda: models.LeNet5(), (2, 1, 28, 28)),
    "SimpleConvNet": (lambda: models.SimpleConvNet(), (2, 1, 28, 28)),
    "SixConvNet": (lambda: models.SixConvNet(), (2, 3, 32, 32)),
    "ThreeLayerConvNet": (lambda: models.ThreeLayerConvNet(3, 8, 4, 10), (2, 3, 32, 32)),
    "TwoLayerFC": (lambda: models.TwoLayerFC(3072, 20, 10), (2, 3, 32, 32)),
    "densenet121": (lambda: models.densenet121(num_classes=3), (2, 3, 32, 32)),
    "mobilenet_v2": (lambda: models.mobilenet_v2(num_classes=3), (2, 3, 32, 32)),
    "resnet18": (lambda: models.resnet18(num_classes=3), (2, 3, 32, 32)),
    "resnet20": (lambda: models.resnet20(), (2, 3, 32, 32)),
    "resnet50": (lambda: models.resnet50(num_classes=3), (2, 3, 32, 32)),
}


def assert_replayed(model, x):
    """Check that loss and gradients of a model are those of its graph, after a way through JSON, bit for bit.

    The elements of many parameters go beside the JSON, which would be large.
    """
    tg.manual_seed(5)  # for the masks of dropout
    loss = model(x)
    loss.backward()
    tg.manual_seed(5)
    graph, error = trace_call(model, x, values=True)
    assert error is None
    data = graph.parameters < 200_000
    again = from_json(graph.to_json(data=data))
    assert again.to_json(data=data) == graph.to_json(data=data)
    found = replay(again, None if data else {node.id: node.data for node in graph.nodes if isinstance(node, Value)})
    (output,) = found.outputs.values()
    output.backward()
    assert output.tolist() == loss.tolist()
    expected = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    gradients = [tensor.grad for tensor in found.values.values() if tensor.requires_grad]
    pairs = list(zip(sorted(gradients, key=place), sorted(expected, key=place), strict=True))
    assert pairs
    for one, other in pairs:
        np.testing.assert_array_equal(one.numpy(), other.numpy(), strict=True)


def place(gradient):
    """Return what tells a gradient from those of other parameters."""
    return gradient.shape, gradient.sum().item(), gradient.abs().sum().item(), gradient.reshape(-1)[0].item()


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("training", [True, False])
def test_every_model_is_replayed_bit_for_bit(name, training):
    make, shape = SMALL[name]
    tg.manual_seed(1)
    assert_replayed(WithLoss(make(), tg.zeros(shape[0], dtype=tg.int64)).train(training), tg.rand(*shape))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alexnet", "vgg11_bn", "resnet34"])
def test_large_models_are_replayed_too(name):
    model = WithLoss(getattr(models, name)(num_classes=2), tg.tensor([0])).eval()
    assert_replayed(model, tg.rand(1, 3, 64, 64))


def test_numbers_settings_indices_and_changes_in_place_are_replayed():
    class Program(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(tg.rand(3, 4))

        def forward(self, x):
            y = 2 * self.w - x**2
            y[0] = 3.0
            y[:, 1:3].mul_(1.5)
            y.t()[0].add_(self.w[:, 1])
            z = tg.cat([y, y.flip(1)], 0)[[0, 2, 5]].clamp(min=0.1)
            return (1 - z).softmax(1).where(z > 0.5, z).sum()

    assert_replayed(Program(), tg.rand(3, 4))


def test_frozen_parameters_stay_frozen():
    model = nn.Linear(3, 1)
    model.bias.requires_grad_(False)
    graph, _ = trace_call(model, tg.rand(1, 3), values=True)
    values = replay(graph).values
    assert [tensor.requires_grad for tensor in values.values()] == [False, True, False]


def test_what_cannot_be_replayed_is_said_in_one_line():
    class Twice(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    model, x = nn.Sequential(nn.Linear(3, 3), nn.ReLU()), tg.rand(2, 3)
    graph, _ = trace_call(model, x)
    with pytest.raises(ValueError, match=r"replay: expected the elements of value1 'input', got none"):
        replay(graph)
    with pytest.raises(ValueError, match=r"without closed modules, got module1 '0'"):
        replay(collapse(trace_call(model, x, values=True)[0], 1))
    w = tg.rand(3, requires_grad=True)
    with pytest.raises(ValueError, match=r"expected operations of the package, got op1 'Twice'"):
        replay(trace(Twice.apply(w), values=True))
    failed = draw(model, tg.rand(2, 4), values=True).graph
    with pytest.raises(ValueError, match=r"got op1 'linear', which failed: linear: expected input"):
        replay(failed)


def test_a_traced_loss_is_replayed_where_its_elements_are_known():
    w = tg.rand(3, requires_grad=True)
    graph = trace((w * w).sum(), params={"w": w}, values=True)
    found = replay(graph)
    found.outputs["output"].backward()
    assert found.values["value1"].grad.tolist() == (2 * w).tolist()
