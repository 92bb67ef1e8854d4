"""Convolution layers: their arguments, text, initial values, and what their constructors refuse."""

import math

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn

X = tc.tensor(np.random.default_rng(1).normal(size=(2, 4, 7, 6)))

REFUSED = [
    (lambda: nn.Conv1d(2, 3, (1, 2)), ValueError, r"Conv1d: expected kernel_size as an int, got \(1, 2\)"),
    (lambda: nn.Conv1d(0, 3, 1), ValueError, "Conv1d: expected at least 1 channel in and out, got 0 and 3"),
    (
        lambda: nn.Conv1d(2, 3, 1, padding_mode="mirror"),
        ValueError,
        "Conv1d: expected padding_mode as one of zeros, reflect, replicate, circular, got 'mirror'",
    ),
    (
        lambda: nn.ConvTranspose2d(2, 3, 1, padding_mode="reflect"),
        ValueError,
        "ConvTranspose2d: expected padding_mode as one of zeros, got 'reflect'",
    ),
    (
        lambda: nn.ConvTranspose2d(2, 3, 1, padding="same"),
        TypeError,
        "ConvTranspose2d: expected padding as an int or a pair of ints, got 'same'",
    ),
    (lambda: nn.ConvTranspose2d(2, 3, 1, groups=2), ValueError, "divide in_channels=2 and out_channels=3"),
    (lambda: nn.Conv2d(0, 2, 3), ValueError, "Conv2d: expected at least 1 channel in and out, got 0 and 2"),
    (
        lambda: nn.Conv2d(3, 4, 3, groups=2),
        ValueError,
        "Conv2d: expected groups ≥ 1 that divide in_channels=3 and out_channels=4, got groups=2",
    ),
    (lambda: nn.Conv2d(3, 4, 0), ValueError, "Conv2d: expected kernel_size of at least 1, got 0"),
    (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), ValueError, "Conv2d: expected stride 1 with padding='same'"),
    (lambda: nn.Conv2d(3, 4, 3, padding="full"), ValueError, "Conv2d: expected padding .* got 'full'"),
    (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), ValueError, "Conv2d: expected padding_mode .* got 'mirror'"),
]


@pytest.mark.parametrize("size", [(12, 15), (15, 15), (13, 18), (13,), (4, 6, 13, 15, 1)])
def test_an_output_size_that_no_convolution_would_bring_back(size):
    layer = nn.ConvTranspose2d(4, 6, 3, stride=(2, 3), padding=(1, 2))
    with pytest.raises(ValueError, match=r"output_size from \(13, 14\) to \(14, 16\) for input \(2, 4, 7, 6\), got"):
        layer(tc.zeros(2, 4, 7, 6), output_size=size)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Conv2d(3, 4, 5), "Conv2d(3, 4, kernel_size=(5, 5), stride=(1, 1))"),
        (
            nn.Conv2d(3, 4, 3, padding="same", bias=False),
            "Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), padding=same, bias=False)",
        ),
        (
            nn.Conv2d(2, 4, (3, 2), 2, 1, 2, 2),
            "Conv2d(2, 4, kernel_size=(3, 2), stride=(2, 2), padding=(1, 1), dilation=(2, 2), groups=2)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_repr(layer, text):
    assert repr(layer) == text


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (nn.Conv2d(8, 300, (3, 2), groups=4), 12),
    ],
)
def test_parameters_start_uniformly_within_one_over_the_root_of_fan_in(layer, fan_in):
    bound = 1 / math.sqrt(fan_in)
    for values in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
        assert np.abs(values).max() <= bound
        assert np.abs(values).max() > 0.95 * bound
        assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.1)
        assert abs(values.mean()) < 0.15 * bound


def test_convolution_hands_its_arguments_to_the_function():
    layer = nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, dtype=tc.float64)
    expected = F.conv2d(X, layer.weight, layer.bias, (2, 1), (1, 2), (1, 2), 2)
    np.testing.assert_array_equal(layer(X).detach().numpy(), expected.detach().numpy())
    assert layer.weight.shape == (6, 2, 3, 2)
    assert nn.Conv2d(4, 3, 4, padding="same", dtype=tc.float64)(X).shape == (2, 3, 7, 6)


def test_one_seed_gives_one_network():
    pair = []
    for _ in range(2):
        tc.manual_seed(3)
        pair.append(nn.Conv2d(1, 2, 3).state_dict())
    for name in ("weight", "bias"):
        np.testing.assert_array_equal(pair[0][name].numpy(), pair[1][name].numpy())


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
