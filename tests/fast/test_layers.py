"""Layers in a Sequential compute by a shorter way what their `forward` computes, or by `forward` itself."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.fast import layers

CASES = {
    "conv": (lambda: nn.Conv2d(3, 4, (3, 2), (2, 1), (1, 0), (1, 2)), (2, 3, 9, 8)),
    "conv of one image": (lambda: nn.Conv2d(3, 4, 3), (3, 9, 8)),
    "conv in groups, same": (lambda: nn.Conv2d(4, 6, 3, padding="same", groups=2, bias=False), (2, 4, 9, 8)),
    "conv, reflected": (lambda: nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), (2, 3, 9, 8)),
    "linear": (lambda: nn.Linear(5, 4), (6, 5)),
    "linear of a stack": (lambda: nn.Linear(5, 4, bias=False), (2, 3, 5)),
    "linear of a vector": (lambda: nn.Linear(5, 4), (5,)),
    "another layer": (lambda: nn.Tanh(), (2, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_forward(name):
    make, shape = CASES[name]
    layer, x = make(), tc.randn(shape, requires_grad=True)
    leaves = [x, *layer.parameters()]
    found, expected = layers.forward(layer, x), layer.forward(x)
    np.testing.assert_array_equal(found.detach().numpy(), expected.detach().numpy())
    for one, other in zip(grad(found.sum(), leaves), grad(expected.sum(), leaves), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


@pytest.mark.parametrize("make", [lambda: nn.Conv2d(3, 4, 3), lambda: nn.Linear(8, 4)])
def test_a_forward_of_ones_own_is_called(make):
    layer = make()
    layer.forward = lambda x: x + 1
    assert layers.forward(layer, tc.ones(1)).tolist() == [2]


def test_a_subclass_runs_by_its_forward():
    class Doubled(nn.Linear):
        def forward(self, input):
            return 2 * super().forward(input)

    layer, x = Doubled(3, 2), tc.randn(4, 3)
    np.testing.assert_array_equal(layers.forward(layer, x).detach().numpy(), layer(x).detach().numpy())


def test_a_weight_that_is_no_parameter_is_used():
    layer = nn.Linear(3, 2)
    del layer.weight
    layer.weight = tc.ones(2, 3)
    np.testing.assert_allclose(
        layers.forward(layer, tc.ones(1, 3)).detach().numpy(), 3 + layer.bias.detach().numpy()[None], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (nn.Conv2d(3, 4, 3), tc.ones(1, 2, 5, 5)),
        (nn.Conv2d(3, 4, 3), tc.ones(1, 3, 2, 2)),
        (nn.Conv2d(3, 4, 3), tc.ones(1, 3, 5, 5, dtype=tc.float64)),
        (nn.Linear(3, 4), tc.ones(1, 2)),
        (nn.Linear(3, 4), tc.ones(1, 3, dtype=tc.float64)),
        (nn.Linear(3, 4), None),
    ],
)
def test_errors_are_those_of_forward(layer, x):
    with pytest.raises(Exception, match=".") as expected:
        layer.forward(x)
    with pytest.raises(type(expected.value)) as found:
        layers.forward(layer, x)
    assert str(found.value) == str(expected.value)


def test_a_forward_that_a_class_was_given_is_called(monkeypatch):
    plain = nn.Linear.forward
    monkeypatch.setattr(nn.Linear, "forward", lambda self, x: 2 * plain(self, x))
    layer, x = nn.Linear(3, 2), tc.randn(4, 3)
    expected = 2 * plain(layer, x)
    np.testing.assert_array_equal(layers.forward(layer, x).detach().numpy(), expected.detach().numpy())
