"""Gradients at the single points where a small slip in a formula shows: kinks, limits, zeros, special arguments."""

import math

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import tensor


def leaf(values):
    return tensor(values, dtype="float64", requires_grad=True)


def slopes(function, *values):
    """Return the gradients of the sum of `function` as lists."""
    leaves = [leaf(value) for value in values]
    return [one.tolist() for one in grad(ops.sum(function(*leaves)), leaves)]


def weighted_twice(function, values, weights):
    """Return the gradient of `function` weighted by `weights`, and the derivative of its sum by each weight."""
    x, g = leaf(values), leaf(weights)
    (first,) = grad(function(x), [x], g, create_graph=True)
    (second,) = grad(ops.sum(first), [g])
    return first.tolist(), second.tolist()


@pytest.mark.parametrize(
    ("function", "points", "expected"),
    [
        (ops.relu6, [-1.0, 0, 3, 6, 6.5, 9], [0, 0, 1, 0, 0, 0]),
        (lambda x: ops.leaky_relu(x, negative_slope=0.1), [-1.0, 0, 1], [0.1, 0.1, 1]),
        (lambda x: ops.elu(x, alpha=2.0), [0.0, 1], [2, 1]),
        (lambda x: ops.softplus(x, beta=2.0, threshold=0.0), [0.0, 1], [0.5, 1]),
        (lambda x: ops.norm(x, 1), [-2.0, 0, 3], [-1, 0, 1]),
        (lambda x: ops.norm(x, math.inf), [-3.0, 0, 3, 1], [-0.5, 0, 0.5, 0]),
        (lambda x: ops.norm(x, -math.inf), [-1.0, 2, 1], [-0.5, 0, 0.5]),
        (lambda x: ops.norm(x, math.inf), [math.nan, 1, 2], [0, 0, 0]),  # none is the largest
        (lambda x: ops.norm(x, 0.5), [4.0, 0, 4], [2, 0, 2]),
        (lambda x: ops.norm(x, 3), [0.0, 0], [0, 0]),
        (lambda x: ops.norm(x, 2), [0.0, 0], [0, 0]),
        (lambda x: ops.norm(x, 2), [0.6, 0.8], [0.6, 0.8]),
        (lambda x: ops.norm(x, 2), [1e-200, 0], [0, 0]),  # their squares and cubes underflow: the norm is 0
        (lambda x: ops.norm(x, 3), [1e-200, 0], [0, 0]),
        (lambda x: ops.norm(x, -1), [3.0, 0], [0, 0]),
    ],
)
def test_slopes_at_kinks(function, points, expected):
    assert slopes(function, points)[0] == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("alpha", [1, 2, 3])
def test_the_second_of_two_terms_is_scaled(alpha):
    assert slopes(lambda x, y: ops.add(x, y, alpha=alpha), [1.0], [2.0]) == [[1], [alpha]]
    assert slopes(lambda x, y: ops.sub(x, y, alpha=alpha), [1.0], [2.0]) == [[1], [-alpha]]


def test_an_element_on_a_limit_keeps_its_gradient():
    x, low, high = [0.0, 1, 2, 3, 4], [1.0] * 5, [3.0] * 5
    assert slopes(ops.clamp, x, low, high) == [[0, 1, 1, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]


def test_of_equal_limits_only_the_upper_is_given_a_gradient_as_in_pytorch():
    assert slopes(ops.clamp, [0.0, 1, 2], [1.0] * 3, [1.0] * 3) == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_roots_send_back_nothing_where_nothing_comes_in():
    first, second = weighted_twice(ops.sqrt, [0.0, 0.0, 4.0, 0.25], [0.0, 1.0, 0.0, 0.0])
    assert first == [0, math.inf, 0, 0]
    assert second[2:] == [0.25, 1]


@pytest.mark.parametrize(
    ("function", "pole", "scale"),
    [(ops.log, 0.0, 1.0), (ops.log2, 0.0, math.log(2)), (ops.log10, 0.0, math.log(10)), (ops.log1p, -1.0, 1.0)],
)
def test_logarithms_send_back_nothing_where_nothing_comes_in(function, pole, scale):
    x = [value + pole for value in (0.0, 0.0, 4.0, 1.0, 2.0, 0.5)]
    first, second = weighted_twice(function, x, [0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
    assert first == pytest.approx([0, math.inf, 0, 0, 0, 2 / scale])
    assert second[2:] == pytest.approx([0.25 / scale, 1 / scale, 0.5 / scale, 2 / scale])


def test_the_slope_of_prelu_at_zero_is_its_weight():
    x, w = leaf([0.0]), leaf([3.0])
    by_x, by_w = grad(ops.sum(ops.prelu(x, w)), [x, w], create_graph=True)
    assert (by_x.item(), by_w.item()) == (3, 0)
    assert grad(by_x, [w], leaf([1.0]))[0].item() == grad(by_w, [x], leaf([1.0]))[0].item() == 1


def test_the_second_derivative_of_elu_at_zero_is_zero():
    x = leaf([0.0, 0.5, -math.log(2)])
    (first,) = grad(ops.sum(ops.elu(x, alpha=2.0)), [x], create_graph=True)
    assert grad(ops.sum(first), [x])[0].tolist() == pytest.approx([0, 0, 1])


def test_the_slope_of_a_power_of_zero_does_not_depend_on_the_exponent():
    x, exponent = leaf([2.0, 2.0]), leaf([0.0, 1.0])
    (slope,) = grad(ops.sum(ops.pow(x, exponent)), [x], create_graph=True)
    (mixed,) = grad(ops.sum(slope), [exponent])
    assert slope.tolist() == [0, 1]
    assert mixed.tolist() == pytest.approx([0, 1 + math.log(2)])


def test_every_nan_is_the_median_where_there_are_some():
    assert slopes(ops.median, [math.nan, 1.0, math.nan, 2.0]) == [[0.5, 0, 0.5, 0]]


def test_an_angle_has_no_slope_at_the_origin():
    assert slopes(ops.atan2, [0.0, 0.0], [0.0, 1.0]) == [[0, 1], [0, 0]]


@pytest.mark.parametrize("function", [ops.std, lambda x: ops.norm(x, 2)])
def test_second_order_is_zero_where_a_root_has_no_slope(function):
    x = leaf(np.zeros(3))
    (first,) = grad(function(x), [x], leaf(1.5), create_graph=True)
    assert first.tolist() == [0, 0, 0]
    (second,) = grad(ops.sum(first * leaf([1.0, 2.0, 4.0])), [x])
    assert second.tolist() == [0, 0, 0]


@pytest.mark.filterwarnings("ignore:var. 1 elements less a correction of 1:UserWarning")
def test_the_variance_of_one_element_has_no_gradient():
    assert np.isnan(slopes(lambda x: ops.var(x, 1), [[2.0], [3.0]])[0]).all()


def test_the_row_of_the_padding_index_gets_no_gradient():
    index = tensor([[1, 0], [2, 1]])
    w = leaf(np.arange(6.0).reshape(3, 2))
    g = leaf([[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]])
    for padding_idx, expected in ((1, [[3, 4], [0, 0], [5, 6]]), (None, [[3, 4], [8, 10], [5, 6]])):
        output = ops.embedding(w, index, padding_idx=padding_idx)
        (first,) = grad(output, [w], g, create_graph=True)
        assert first.tolist() == expected
