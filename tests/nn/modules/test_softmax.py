"""Softmax layers: what they compute and their text."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn

X = tc.tensor(np.random.default_rng(1).normal(size=(2, 4, 7, 6)))


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (nn.Softmax(1), lambda x: F.softmax(x, 1)),
        (nn.LogSoftmax(-1), lambda x: F.log_softmax(x, -1)),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, nn.Module) else "",
)
def test_layers_hand_their_arguments_to_the_function(layer, function):
    np.testing.assert_array_equal(layer(X).numpy(), function(X).numpy())


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Softmax(1), "Softmax(dim=1)"),
        (nn.LogSoftmax(dim=0), "LogSoftmax(dim=0)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_repr(layer, text):
    assert repr(layer) == text
