"""Initial values: distributions, generators, gains and what is refused."""

import math
import statistics

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.nn import init

INITIALS = [
    "uniform", "normal", "constant", "eye", "dirac", "orthogonal", "xavier_uniform", "xavier_normal",
    "kaiming_uniform", "kaiming_normal",
]  # fmt: skip

SHAPE = (60, 40, 3, 5)  # fan_in 600, fan_out 900


@pytest.mark.parametrize("name", INITIALS)
def test_initial_values_under_their_old_names(name):
    arguments = (3.0,) if name == "constant" else ()
    shape = (3, 4, 2) if name == "dirac" else (3, 4)
    tc.manual_seed(1)
    expected = getattr(init, f"{name}_")(tc.zeros(shape), *arguments)
    tc.manual_seed(1)
    x = tc.zeros(shape)
    with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`"):
        found = getattr(init, name)(x, *arguments)
    assert found is x
    assert (found == expected).all()


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


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"),
    [(0, 1, -2, 2), (1, 0.5, 0.9, 3), (-1, 2, -1.5, 0), (0, 1, 4, 9), (0, 1, -9, -4), (0, 1, -50, 50)],
)
def test_a_truncated_normal_distribution(mean, std, a, b):
    tc.manual_seed(0)
    values = np.sort(init.trunc_normal_(tc.empty(20_000, dtype=tc.float64), mean, std, a, b).numpy())
    assert a <= values[0]
    assert values[-1] <= b
    normal = statistics.NormalDist()
    low, high = sorted([abs((a - mean) / std), abs((b - mean) / std)]) if a > mean or b < mean else (0, 0)
    if low:  # in a tail: count from its far end, where the distribution function keeps its digits
        far, near = normal.cdf(-high), normal.cdf(-low)
        share = np.sort([(normal.cdf(-abs(x - mean) / std) - far) / (near - far) for x in values])
    else:
        first, last = normal.cdf((a - mean) / std), normal.cdf((b - mean) / std)
        share = np.array([(normal.cdf((x - mean) / std) - first) / (last - first) for x in values])
    even = (np.arange(20_000) + 0.5) / 20_000
    assert np.abs(share - even).max() < 1.63 / math.sqrt(20_000)  # Kolmogorov and Smirnov, at 1 %


@pytest.mark.parametrize("shape", [(5, 8), (8, 5), (6, 3, 2, 4), (4, 1)])
def test_an_orthogonal_matrix(shape):
    tc.manual_seed(0)
    w = init.orthogonal_(tc.empty(shape, dtype=tc.float64), gain=3).numpy().reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 9 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_matrices_are_turned_every_way():
    tc.manual_seed(0)
    corners = np.array([init.orthogonal_(tc.empty(3, 3)).numpy() for _ in range(2000)])
    assert np.abs(corners.mean(0)).max() < 4 / math.sqrt(3 * 2000)
    np.testing.assert_allclose((corners**2).mean(0), 1 / 3, atol=0.03)


def test_a_dirac_convolution_keeps_its_channels():
    layer = nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False)
    init.dirac_(layer.weight, groups=2)
    x = tc.randn(2, 4, 5, 6)
    np.testing.assert_array_equal(layer(x).detach().numpy(), x.numpy())


@pytest.mark.parametrize(
    ("fill", "text"),
    [
        (lambda: init.trunc_normal_(tc.zeros(3), std=0), "trunc_normal_: expected std > 0, got 0"),
        (
            lambda: init.trunc_normal_(tc.zeros(3), a=2, b=1),
            r"expected \[a, b\] within reach of mean=0.0.* got \[2, 1\]",
        ),
        (lambda: init.trunc_normal_(tc.zeros(3), a=40, b=50), r"expected \[a, b\] within reach .* got \[40, 50\]"),
        (lambda: init.orthogonal_(tc.zeros(3)), r"orthogonal_: expected .* at least 2 axes, got shape \(3,\)"),
        (lambda: init.dirac_(tc.zeros(3, 3)), r"dirac_: expected .* 3, 4 or 5 axes, got shape \(3, 3\)"),
        (
            lambda: init.dirac_(tc.zeros(3, 3, 3), 2),
            "dirac_: expected groups ≥ 1 that divide the 3 filters, got groups=2",
        ),
        (lambda: init.eye_(tc.zeros(3)), r"eye_: expected a tensor with 2 axes, got shape \(3,\)"),
    ],
)
def test_shapes_and_ranges_that_are_refused(fill, text):
    with pytest.raises(ValueError, match=text):
        fill()
