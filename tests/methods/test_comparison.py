"""Comparisons, tests of values and logic, as methods."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import ops

X = tg.tensor([1.0, 2.0, float("nan"), float("inf")])
Y = tg.tensor([1.0, 3.0, 0.0, 1.0])
B, C = tg.tensor([6, 0]), tg.tensor([3, 5])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("eq", [True, False, False, False]),
        ("ne", [False, True, True, True]),
        ("lt", [False, True, False, False]),
        ("le", [True, True, False, False]),
        ("gt", [False, False, False, True]),
        ("ge", [True, False, False, True]),
        ("isclose", [True, False, False, False]),
        ("logical_and", [True, True, False, True]),
        ("logical_or", [True, True, True, True]),
        ("logical_xor", [False, False, True, False]),
    ],
)
def test_two_tensors(name, expected):
    assert getattr(X, name)(Y).tolist() == expected
    np.testing.assert_array_equal(getattr(ops, name)(X.array, Y.array), expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("isnan", [False, False, True, False]),
        ("isinf", [False, False, False, True]),
        ("isfinite", [True, True, False, False]),
        ("logical_not", [False, False, False, False]),
    ],
)
def test_one_tensor(name, expected):
    assert getattr(X, name)().tolist() == expected


def test_bits():
    assert B.bitwise_and(C).tolist() == [2, 0]
    assert B.bitwise_or(C).tolist() == [7, 5]
    assert B.bitwise_xor(C).tolist() == [5, 5]
    assert B.bitwise_not().tolist() == [-7, -1]


def test_whole_tensors():
    assert Y.equal(Y + 0)
    assert not X.equal(X)
    assert X.allclose(X, equal_nan=True)
    assert not X.allclose(Y)
