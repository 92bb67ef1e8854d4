import math

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.nn import init

SHAPE = (60, 40, 3, 5)  # fan_in 600, fan_out 900


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (lambda w: init.uniform_(w, -2, 3), None),
        (lambda w: init.xavier_uniform_(w, gain=2), 2 * math.sqrt(6 / 1500)),
        (lambda w: init.kaiming_uniform_(w), math.sqrt(2) * math.sqrt(3 / 600)),
        (lambda w: init.kaiming_uniform_(w, a=math.sqrt(5)), 1 / math.sqrt(600)),
        (lambda w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="tanh"), 5 / 3 * math.sqrt(3 / 900)),
    ],
)
def test_uniform_distributions_fill_their_range_evenly(fill, bound):
    tc.manual_seed(0)
    low, high = (-2, 3) if bound is None else (-bound, bound)
    values = fill(tc.empty(SHAPE, dtype=tc.float64)).numpy()
    assert low <= values.min() < low + 0.001 * (high - low)
    assert high - 0.001 * (high - low) < values.max() < high
    assert values.std() == pytest.approx((high - low) / math.sqrt(12), rel=0.01)


@pytest.mark.parametrize(
    ("fill", "mean", "std"),
    [
        (lambda w: init.normal_(w, 3, 0.5), 3, 0.5),
        (lambda w: init.xavier_normal_(w), 0, math.sqrt(2 / 1500)),
        (lambda w: init.kaiming_normal_(w, nonlinearity="relu"), 0, math.sqrt(2 / 600)),
        (lambda w: init.kaiming_normal_(w, a=0.2, mode="fan_out"), 0, math.sqrt(2 / 1.04 / 900)),
    ],
)
def test_normal_distributions(fill, mean, std):
    tc.manual_seed(0)
    values = fill(tc.empty(SHAPE)).numpy()
    assert values.mean() == pytest.approx(mean, abs=0.01 * std * 2)
    assert values.std() == pytest.approx(std, rel=0.01)


def test_fills_a_parameter_in_place_and_unrecorded():
    p = nn.Parameter(tc.zeros(2, 3))
    memory = p.array
    assert init.constant_(p, 1.5) is p
    assert p.array is memory
    assert p.is_leaf
    assert p.tolist() == [[1.5] * 3] * 2
    assert init.zeros_(p).tolist() == [[0] * 3] * 2
    assert init.ones_(p).tolist() == [[1] * 3] * 2


def test_overwriting_a_saved_value_is_noticed():
    p = nn.Parameter(tc.ones(2))
    y = (p * p).sum()
    init.zeros_(p)
    with pytest.raises(RuntimeError, match="was changed in place"):
        y.backward()


def test_a_generator_of_ones_own():
    first = init.normal_(tc.empty(5), generator=tc.Generator().manual_seed(7))
    tc.manual_seed(7)
    np.testing.assert_array_equal(init.normal_(tc.empty(5)).numpy(), first.numpy())


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1),
        ("conv2d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("leaky_relu", None, math.sqrt(2 / 1.0001)),
        ("leaky_relu", 2, math.sqrt(0.4)),
        ("selu", None, 0.75),
    ],
)
def test_gains(name, param, gain):
    assert init.calculate_gain(name, param) == pytest.approx(gain, rel=1e-15)


def test_refusals():
    with pytest.raises(ValueError, match=r"expected nonlinearity as one of conv2d, leaky_relu, .* got 'gelu'"):
        init.calculate_gain("gelu")
    with pytest.raises(ValueError, match=r"at least 2 axes, got shape \(3,\)"):
        init.xavier_normal_(tc.zeros(3))
    with pytest.raises(ValueError, match="expected mode 'fan_in' or 'fan_out', got 'fan'"):
        init.kaiming_normal_(tc.zeros(3, 3), mode="fan")
