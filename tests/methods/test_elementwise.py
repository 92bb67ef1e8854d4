"""Methods of tensors that compute element by element."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import ops

X = tg.tensor([[0.25, -0.5], [0.75, 0.125]])
Y = tg.tensor([2.0, -4.0])

ONE = [
    "abs",
    "neg",
    "sign",
    "square",
    "exp",
    "sin",
    "cos",
    "erf",
    "relu",
    "sigmoid",
    "tanh",
    "floor",
    "ceil",
    "trunc",
    "expm1",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "asinh",
    "atanh",
    "reciprocal",
]
POSITIVE = ["sqrt", "rsqrt", "log", "log2", "log10", "log1p"]
TWO = ["add", "sub", "mul", "floor_divide", "remainder", "div", "atan2", "fmod"]


@pytest.mark.parametrize("name", ONE)
def test_methods_of_one_tensor_are_the_functions(name):
    np.testing.assert_array_equal(getattr(X, name)().array, getattr(ops, name)(X.array))


@pytest.mark.parametrize("name", POSITIVE)
def test_methods_of_positive_numbers_are_the_functions(name):
    np.testing.assert_array_equal(getattr(X.abs(), name)().array, getattr(ops, name)(np.abs(X.array)))


@pytest.mark.parametrize("name", TWO)
def test_methods_of_two_tensors_keep_their_order(name):
    expected = getattr(ops, name)(X.array, Y.array)
    np.testing.assert_array_equal(getattr(X, name)(Y).array, expected)
    assert not np.array_equal(expected, getattr(ops, name)(Y.array, X.array)) or name in ("add", "mul")


def test_options():
    assert X.add(Y, alpha=2)[0].tolist() == [4.25, -8.5]
    assert X.sub(Y, alpha=2)[0].tolist() == [-3.75, 7.5]
    assert X.pow(2)[0].tolist() == [0.0625, 0.25]
    assert X.div(Y, rounding_mode="floor")[1].tolist() == [0.0, -1.0]
    assert X.round(decimals=1)[1, 1].item() == pytest.approx(0.1)
    assert tg.tensor([1.0]).acosh().tolist() == [0.0]
