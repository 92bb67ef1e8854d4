"""`Flatten` and `Unflatten`: what they compute, their text, and what the constructor refuses."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn

X = tc.tensor(np.random.default_rng(1).normal(size=(2, 4, 7, 6)))

REFUSED = [
    (lambda: nn.Unflatten(1, 4), TypeError, "Unflatten: expected unflattened_size as a sequence of ints, got 4"),
]


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (nn.Flatten(), lambda x: x.reshape(2, 168)),
        (nn.Flatten(0, 2), lambda x: x.reshape(56, 6)),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, nn.Module) else "",
)
def test_layers_hand_their_arguments_to_the_function(layer, function):
    np.testing.assert_array_equal(layer(X).numpy(), function(X).numpy())


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Flatten(), "Flatten(start_dim=1, end_dim=-1)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_repr(layer, text):
    assert repr(layer) == text


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
