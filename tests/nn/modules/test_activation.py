"""Activation layers: what they compute, their text, and what their constructors refuse."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn


class Block(nn.Module):
    """3 · relu(x) + x."""

    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return 3 * self.relu(x) + x


X = tc.tensor(np.random.default_rng(1).normal(size=(2, 4, 7, 6)))

REFUSED = [
    (lambda: nn.Hardtanh(1, 1), ValueError, "Hardtanh: expected min_val < max_val, got 1 and 1"),
]


def test_a_block_that_begins_with_it_adds_the_new_values():
    x = tc.tensor([-1.0, 2.0])
    assert Block()(x).tolist() == [0, 8]
    assert x.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (nn.ReLU(), F.relu),
        (nn.Sigmoid(), F.sigmoid),
        (nn.Tanh(), F.tanh),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, nn.Module) else "",
)
def test_layers_hand_their_arguments_to_the_function(layer, function):
    np.testing.assert_array_equal(layer(X).numpy(), function(X).numpy())


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.ReLU(True), "ReLU(inplace=True)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_repr(layer, text):
    assert repr(layer) == text


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
