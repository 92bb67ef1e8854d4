"""Values at the ends of the number line: no overflow, no warning, and no NaN where there is an answer."""

import math

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import tensor

INF = float("inf")
FLOATS = pytest.mark.parametrize("dtype", ["float32", "float64"])


def with_gradient(function, values, dtype):
    x = tensor(values, dtype=dtype, requires_grad=True)
    y = function(x)
    ops.sum(y).backward()
    return y.tolist(), x.grad.tolist()


@FLOATS
def test_sigmoid_at_the_ends(dtype):
    values, slopes = with_gradient(ops.sigmoid, [-INF, -1e4, 0.0, 1e4, INF], dtype)
    assert values == [0, 0, 0.5, 1, 1]
    assert slopes == [0, 0, 0.25, 0, 0]


def test_sigmoid_keeps_relative_accuracy_where_it_is_small():
    assert ops.sigmoid(tensor(-700.0, dtype="float64")).item() == pytest.approx(math.exp(-700), rel=1e-14)


@FLOATS
def test_tanh_at_the_ends(dtype):
    assert with_gradient(ops.tanh, [-INF, -1e4, 0.0, 1e4, INF], dtype) == ([-1, -1, 0, 1, 1], [0, 0, 1, 0, 0])


@FLOATS
def test_softmax_at_the_ends(dtype):
    values, slopes = with_gradient(lambda x: ops.softmax(x, dim=0), [1e4, -1e4, -INF], dtype)
    assert values == [1, 0, 0]
    assert slopes == [0, 0, 0]


@FLOATS
def test_log_softmax_at_the_ends(dtype):
    x = tensor([[1000.0, 0.0, -1000.0]], dtype=dtype, requires_grad=True)
    y = ops.log_softmax(x, dim=1)
    assert y.tolist() == [[0, -1000, -2000]]
    y[0, 2].backward()
    assert x.grad.tolist() == [[-1, 0, 1]]


def test_log_softmax_is_exact_far_below_one():
    y = ops.log_softmax(tensor([1e6, 0.0], dtype="float64"), dim=0)
    assert y.tolist() == [0, -1e6]


@FLOATS
def test_cross_entropy_of_a_confident_mistake(dtype):
    x = tensor([[1000.0, 0.0, -1000.0]], dtype=dtype, requires_grad=True)
    loss = ops.cross_entropy(x, tensor([2]), reduction="mean")
    assert loss.item() == 2000
    loss.backward()
    assert x.grad.tolist() == [[1, 0, -1]]


@FLOATS
def test_cross_entropy_of_a_confident_hit_is_zero_not_minus_zero_or_nan(dtype):
    x = tensor([[1000.0, -INF]], dtype=dtype, requires_grad=True)
    loss = ops.cross_entropy(x, tensor([0]), reduction="sum")
    assert loss.item() == 0
    loss.backward()
    assert x.grad.tolist() == [[0, 0]]


@pytest.mark.parametrize("shift", [-1e5, 1e5])
def test_softmax_and_its_losses_do_not_depend_on_a_common_shift(shift):
    x = np.array([[0.5, -1.0, 2.0]])
    for function in (
        lambda x: ops.softmax(x, dim=1),
        lambda x: ops.log_softmax(x, dim=1),
        lambda x: ops.cross_entropy(x, np.array([1]), reduction="sum"),
    ):
        np.testing.assert_allclose(function(x + shift), function(x), atol=1e-10)


@pytest.mark.parametrize(("exponent", "slope"), [(0, 0), (1, 1), (2, 0), (3, 0)])
def test_power_of_zero_by_a_number(exponent, slope):
    assert with_gradient(lambda x: ops.pow(x, exponent), [0.0], "float64") == ([0.0**exponent], [slope])


def test_power_of_zero_by_a_tensor():
    x = tensor([0.0, 0.0, 0.0], requires_grad=True)
    exponent = tensor([0.0, 1.0, 2.0], requires_grad=True)
    ops.sum(ops.pow(x, exponent)).backward()
    assert x.grad.tolist() == [0, 1, 0]
    assert exponent.grad.tolist() == [0, 0, 0]


def test_zero_to_a_tensor_power():
    exponent = tensor([0.0, 1.0, 2.5], requires_grad=True)
    ops.sum(ops.pow(0.0, exponent)).backward()
    assert exponent.grad.tolist() == [0, 0, 0]


def test_higher_orders_of_a_power_end_at_zero():
    x = tensor(0.0, dtype="float64", requires_grad=True)
    y = ops.pow(x, 3)
    for expected in (0, 0, 6, 0):
        (y,) = grad(y, x, create_graph=True)
        assert y.item() == expected


def test_integers_to_negative_powers_are_refused():
    with pytest.raises((ValueError, RuntimeError), match="negative integer powers"):
        ops.pow(tensor([2, 3]), -1)


def test_log_and_sqrt_outside_their_domain():
    assert ops.log(tensor([0.0, 1.0])).tolist() == [-INF, 0]
    assert np.isnan(ops.log(tensor(-1.0)).item())
    assert np.isnan(ops.sqrt(tensor(-1.0)).item())


def test_sums_of_small_integers_do_not_wrap():
    assert ops.sum(tensor([200, 200], dtype="uint8")).item() == 400
    assert ops.sum(tensor([True, True])).item() == 2
