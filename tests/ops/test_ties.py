"""Where elements are equal, or not numbers: who gets the gradient is a promise."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones_like, tensor

NAN = float("nan")


def gradients(function, *values):
    """Return the gradients of the sum of `function` with respect to `values` as lists."""
    leaves = [tensor(value, dtype="float64", requires_grad=True) for value in values]
    ops.sum(function(*leaves)).backward()
    return [leaf.grad.tolist() for leaf in leaves]


@pytest.mark.parametrize("op", [ops.relu, ops.abs])
def test_the_gradient_at_zero_is_zero(op):
    assert gradients(op, [0.0, -0.0, 2.0]) == [[0, 0, 1]]


@pytest.mark.parametrize(("op", "first"), [(ops.maximum, [0, 0.5, 1]), (ops.minimum, [1, 0.5, 0])])
def test_equal_elements_of_two_tensors_get_half_each(op, first):
    assert gradients(op, [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]) == [first, [1 - share for share in first]]


def test_halves_add_up_over_a_broadcast_axis():
    assert gradients(ops.maximum, [[1.0, 3.0], [2.0, 2.0]], 2.0) == [[[0, 1], [0.5, 0.5]], 2]


@pytest.mark.parametrize(("op", "sign"), [(ops.amax, 1), (ops.amin, -1)])
def test_equal_extremes_share_evenly(op, sign):
    x = [[sign * value for value in row] for row in ([3.0, 1, 3], [2, 2, 2])]
    assert gradients(lambda x: op(x, 1), x) == [[[0.5, 0, 0.5], [1 / 3] * 3]]
    assert gradients(op, x) == [[[0.5, 0, 0.5], [0, 0, 0]]]


@pytest.mark.parametrize(("op", "sign"), [(ops.max, 1), (ops.min, -1)])
def test_the_first_of_equal_extremes_along_an_axis_gets_it_all(op, sign):
    x = [[sign * value for value in row] for row in ([1.0, 3, 3], [2, 2, 2])]
    assert gradients(lambda x: op(x, 1).values, x) == [[[0, 1, 0], [1, 0, 0]]]
    assert op(tensor(x), 1).indices.tolist() == [1, 0]


@pytest.mark.parametrize(("op", "sign"), [(ops.argmax, 1), (ops.argmin, -1)])
def test_the_index_is_that_of_the_first_of_equal_extremes(op, sign):
    x = tensor([[1, 3, 3], [3, 2, 2]]) * sign
    assert op(x).item() == 1
    assert op(x, 0).tolist() == [1, 0, 0]


def test_clamp_passes_the_gradient_at_its_limits():
    assert gradients(lambda x: ops.clamp(x, 1, 3), [0.0, 1, 2, 3, 4]) == [[0, 1, 1, 1, 0]]


HOW = {"kernel_size": (2, 2), "stride": (1, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}


def test_max_pool_gives_all_to_the_first_of_equal_elements():
    x = [[[[5.0, 5, 1, 1], [5, 5, 1, 2], [5, 5, 2, 2]]]]
    found = gradients(lambda x: ops.max_pool2d(x, **HOW), x)
    assert found == [[[[[1, 0, 0, 0], [1, 0, 0, 2], [0, 0, 0, 0]]]]]


def test_padding_never_wins_even_over_minus_infinity():
    how = HOW | {"padding": ((1, 0), (1, 1)), "stride": (2, 2)}
    x = tensor(np.full((1, 1, 3, 2), -np.inf), requires_grad=True)
    y = ops.max_pool2d(x, **how)
    assert np.isneginf(y.array).all()
    y.backward(ones_like(y))
    assert x.grad.array.sum() == y.numel()  # nothing is lost in the padding


@pytest.mark.parametrize("place", range(4))
def test_nan_wins_the_window_and_gets_the_gradient(place):
    x = np.arange(4.0).reshape(1, 1, 2, 2)
    x.flat[place] = NAN
    leaf = tensor(x, requires_grad=True)
    y = ops.max_pool2d(leaf, **HOW)
    assert np.isnan(y.item())
    y.backward()
    assert leaf.grad.array.ravel().tolist() == [float(i == place) for i in range(4)]


def test_the_last_of_several_nans_gets_the_gradient_as_in_pytorch():
    (found,) = gradients(lambda x: ops.max_pool2d(x, **HOW), [[[[1, NAN], [NAN, 2]]]])
    assert found == [[[[0, 0], [1, 0]]]]


def test_nan_goes_through_every_maximum():
    x = tensor([1.0, NAN, 2.0])
    for found in (ops.amax(x), ops.amin(x), ops.max(x, 0).values, ops.relu(x)[1], ops.maximum(x, 5.0)[1]):
        assert np.isnan(found.item())
    assert ops.argmax(x).item() == 1
    assert np.isnan(ops.clamp(x, 0, 1.5)[1].item())
