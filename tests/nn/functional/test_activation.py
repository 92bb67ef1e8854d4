"""Activations: values far out and at kinks, gradients of two orders, `inplace`, and what they refuse."""

import math

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn.creation import tensor
from tinygrad_cnn.gradcheck import gradcheck, gradgradcheck

ALL = ["relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "softplus", "hardtanh", "logsigmoid", "sigmoid", "tanh"]


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

INF = float("inf")

INPLACE = ["relu", "relu6", "leaky_relu", "elu", "silu", "hardtanh"]

NAMES = ["selu", "mish", "hardsigmoid", "hardswish"]

REFUSED = [
    (lambda: F.relu([1.0]), TypeError, "relu: expected input as a tensor, got list"),
]


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


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_tensor_is_refused(name):
    with pytest.raises(TypeError, match=f"{name}: expected input as a tensor, got float"):
        getattr(F, name)(1.0)


def test_arguments_are_checked():
    with pytest.raises(RuntimeError, match="gelu: expected approximate 'none' or 'tanh', got 'erf'"):
        F.gelu(tensor([1.0]), approximate="erf")
    with pytest.raises(ValueError, match="hardtanh: expected min_val ≤ max_val, got 2 and 1"):
        F.hardtanh(tensor([1.0]), 2, 1)


@pytest.mark.parametrize("name", NAMES)
def test_two_orders(name):
    x = tc.tensor([-5.0, -2.5, -0.7, 0.3, 2.5, 5.0], dtype=tc.float64, requires_grad=True)
    assert gradcheck(getattr(F, name), (x,))
    assert gradgradcheck(getattr(F, name), (x,))


@pytest.mark.parametrize("name", NAMES)
def test_in_place_overwrites_the_input_and_is_recorded(name):
    x = tc.tensor([-2.0, -0.5, 0.5, 2.0], requires_grad=True)
    plain, changed = x * 1, x * 1
    expected = getattr(F, name)(plain)
    found = getattr(F, name)(changed, inplace=True)
    assert found is changed
    assert (found == expected).all()
    (first,) = tc.autograd.grad(expected.sum(), [x])
    (second,) = tc.autograd.grad(found.sum(), [x])
    assert (first == second).all()
    module = getattr(nn, {"selu": "SELU"}.get(name, name.capitalize()))(inplace=True)
    y = x.detach().clone()
    assert module(y) is y
    with pytest.raises(RuntimeError, match=f"{name}_: a leaf that requires a gradient"):
        module(x)


@pytest.mark.parametrize("name", NAMES)
def test_integers_are_refused(name):
    with pytest.raises(RuntimeError, match=f"{name}: expected input of a floating-point dtype, got int64"):
        getattr(F, name)(tc.tensor([1]))


def test_slopes_are_shared_or_by_channel():
    x = tc.tensor([[[-1.0, 2.0], [-3.0, -4.0]]], requires_grad=True)
    w = tc.tensor([0.5, 0.1], requires_grad=True)
    y = F.prelu(x, w)
    np.testing.assert_allclose(y.detach().numpy(), [[[-0.5, 2], [-0.3, -0.4]]], rtol=1e-6)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[[0.5, 1], [0.1, 0.1]]], rtol=1e-6)
    assert w.grad.tolist() == [-1, -7]
    assert F.prelu(x.detach(), tc.tensor(0.5)).tolist() == [[[-0.5, 2], [-1.5, -2]]]
    assert F.prelu(tc.tensor(-2.0), tc.tensor([0.5])).shape == ()


def test_an_infinite_input_leaves_the_slope_alone():
    w = tc.tensor([0.0], requires_grad=True)
    F.prelu(tc.tensor([float("inf"), -2.0]), w).sum().backward()
    assert w.grad.tolist() == [-2]


@pytest.mark.parametrize(
    ("x", "w", "text"),
    [
        (tc.ones(2, 3), tc.ones(2), r"weight \(1,\), or \(3,\) for the channels of input \(2, 3\), got \(2,\)"),
        (tc.ones(2, 3), tc.ones(1, 3), r"got \(1, 3\)"),
        (tc.ones(4), tc.ones(4), r"got \(4,\)"),
        (tc.ones(2, 3), tc.ones(3).double(), "expected tensors of one dtype"),
    ],
)
def test_slopes_that_do_not_fit(x, w, text):
    with pytest.raises(RuntimeError, match=f"prelu: .*{text}"):
        F.prelu(x, w)
    with pytest.raises(ValueError, match="PReLU: expected at least 1 slope"):
        nn.PReLU(0)


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
