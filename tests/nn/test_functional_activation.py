"""Activations as functions: defaults, the ends of the number line, kinks, `inplace`, and what is refused."""

import math

import pytest

import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import ops
from tinygrad_cnn.creation import tensor

INF = float("inf")
ALL = ["relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "softplus", "hardtanh", "logsigmoid", "sigmoid", "tanh"]
INPLACE = ["relu", "relu6", "leaky_relu", "elu", "silu", "hardtanh"]


def with_gradient(function, values, dtype="float64"):
    x = tensor(values, dtype=dtype, requires_grad=True)
    y = function(x)
    ops.sum(y).backward()
    return y.tolist(), x.grad.tolist()


ENDS = {
    "relu": ([0, 0, 1000], [0, 0, 1]),
    "relu6": ([0, 0, 6], [0, 0, 0]),
    "leaky_relu": ([-10, 0, 1000], [0.01, 0.01, 1]),
    "elu": ([-1, 0, 1000], [0, 1, 1]),
    "gelu": ([0, 0, 1000], [0, 0.5, 1]),
    "silu": ([0, 0, 1000], [0, 0.5, 1]),
    "softplus": ([0, math.log(2), 1000], [0, 0.5, 1]),
    "hardtanh": ([-1, 0, 1], [0, 1, 0]),
    "logsigmoid": ([-1000, -math.log(2), 0], [1, 0.5, 0]),
    "sigmoid": ([0, 0.5, 1], [0, 0.25, 0]),
    "tanh": ([-1, 0, 1], [0, 1, 0]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ALL)
def test_values_and_slopes_far_out_and_at_zero(name, dtype):
    values, slopes = with_gradient(getattr(F, name), [-1000.0, 0.0, 1000.0], dtype)
    assert values == pytest.approx(ENDS[name][0], rel=1e-6)
    assert slopes == pytest.approx(ENDS[name][1], rel=1e-6)


def test_the_kinks():
    assert with_gradient(F.relu6, [6.0, 5.9]) == ([6, 5.9], [0, 1])
    assert with_gradient(F.hardtanh, [-1.0, 1.0]) == ([-1, 1], [0, 0])
    assert with_gradient(lambda x: F.leaky_relu(x, -0.5), [0.0, -2.0]) == ([0, 1], [-0.5, -0.5])
    assert with_gradient(lambda x: F.elu(x, 0.3), [0.0]) == ([0], [0.3])
    assert with_gradient(lambda x: F.softplus(x, 2, 5), [2.6]) == ([2.6], [1])
    assert with_gradient(lambda x: F.softplus(x, 2, 5), [2.5])[1][0] < 1


def test_small_results_keep_their_accuracy():
    assert F.logsigmoid(tensor(50.0, dtype="float64")).item() == pytest.approx(-math.exp(-50), rel=1e-14)
    assert F.softplus(tensor(-50.0, dtype="float64")).item() == pytest.approx(math.exp(-50), rel=1e-14)
    assert F.elu(tensor(-1e-12, dtype="float64")).item() == pytest.approx(-1e-12, rel=1e-11)


def test_infinities():
    assert F.softplus(tensor([-INF, INF])).tolist() == [0, INF]
    assert F.logsigmoid(tensor([-INF, INF])).tolist() == [-INF, 0]
    assert F.elu(tensor([-INF, INF])).tolist() == [-1, INF]
    assert F.leaky_relu(tensor([-INF, INF])).tolist() == [-INF, INF]


def test_the_two_forms_of_gelu_differ_by_little():
    x = tensor([-3.0, -1.0, 0.5, 2.0], dtype="float64")
    exact, close = F.gelu(x).array, F.gelu(x, approximate="tanh").array
    assert 1e-5 < abs(exact - close).max() < 1e-3


@pytest.mark.parametrize("name", INPLACE)
def test_inplace_overwrites_the_input_with_the_same(name):
    x = tensor([-2.0, 0.5, 7.0])
    assert getattr(F, name)(x, inplace=True).tolist() == getattr(F, name)(tensor([-2.0, 0.5, 7.0])).tolist()


@pytest.mark.parametrize("name", ["relu", "relu6", "hardtanh"])
def test_integers_stay_integers_where_they_can(name):
    assert getattr(F, name)(tensor([-3, 1])).dtype == "int64"


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "gelu", "silu", "softplus", "logsigmoid"])
def test_integers_are_refused_where_they_cannot(name):
    with pytest.raises(RuntimeError, match=f"{name}: expected input of a floating-point dtype, got int64"):
        getattr(F, name)(tensor([1]))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_refuses_integers_unless_a_dtype_is_given(name):
    with pytest.raises(RuntimeError, match=f"{name}: expected input of a floating-point dtype"):
        getattr(F, name)(tensor([1, 2]), 0)
    assert getattr(F, name)(tensor([1, 2]), 0, dtype="float64").dtype == "float64"


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_tensor_is_refused(name):
    with pytest.raises(TypeError, match=f"{name}: expected input as a tensor, got float"):
        getattr(F, name)(1.0)


def test_arguments_are_checked():
    with pytest.raises(RuntimeError, match="gelu: expected approximate 'none' or 'tanh', got 'erf'"):
        F.gelu(tensor([1.0]), approximate="erf")
    with pytest.raises(ValueError, match="hardtanh: expected min_val ≤ max_val, got 2 and 1"):
        F.hardtanh(tensor([1.0]), 2, 1)
