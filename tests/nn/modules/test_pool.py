"""Pooling layers: what they compute, their text, and what their constructors refuse."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn

X = tc.tensor(np.random.default_rng(1).normal(size=(2, 4, 7, 6)))

REFUSED = [
    (lambda: nn.AvgPool1d((2, 3)), RuntimeError, r"AvgPool1d: expected kernel_size as an int, got \(2, 3\)"),
]


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (nn.MaxPool2d((3, 2), 2, 1, ceil_mode=True), lambda x: F.max_pool2d(x, (3, 2), 2, 1, ceil_mode=True)),
        (nn.MaxPool2d(2, 1, dilation=2), lambda x: F.max_pool2d(x, 2, 1, 0, 2)),
        (nn.AvgPool2d((3, 2), 2, 1, True, False), lambda x: F.avg_pool2d(x, (3, 2), 2, 1, True, False)),
        (nn.AvgPool2d(2, divisor_override=3), lambda x: F.avg_pool2d(x, 2, divisor_override=3)),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, nn.Module) else "",
)
def test_layers_hand_their_arguments_to_the_function(layer, function):
    np.testing.assert_array_equal(layer(X).numpy(), function(X).numpy())


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
        (nn.AvgPool2d((2, 3), 1), "AvgPool2d(kernel_size=(2, 3), stride=1, padding=0)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_repr(layer, text):
    assert repr(layer) == text


def test_pooling_can_return_where_the_maxima_were():
    values, indices = nn.MaxPool2d(2, return_indices=True)(X)
    np.testing.assert_array_equal(X.numpy().reshape(2, 4, 42)[0, 0, indices.numpy()[0, 0]], values.numpy()[0, 0])


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
