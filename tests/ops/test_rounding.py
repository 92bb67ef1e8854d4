"""Rounding: halves, negative numbers, decimals, infinities, integers, and that gradients are 0."""

import numpy as np
import pytest
from derivatives import gradients

from tinygrad_cnn import ops
from tinygrad_cnn.creation import arange, tensor, zeros

INF, NAN = float("inf"), float("nan")


def test_each_direction():
    x = tensor([-1.5, -0.5, 0.5, 1.5, 2.5])
    assert ops.floor(x).tolist() == [-2, -1, 0, 1, 2]
    assert ops.ceil(x).tolist() == [-1, 0, 1, 2, 3]
    assert ops.trunc(x).tolist() == [-1, 0, 0, 1, 2]
    assert ops.round(x).tolist() == [-2, 0, 0, 2, 2]  # halves to the even neighbour


def test_decimals_after_the_point_and_before_it():
    x = tensor([1234.5678, -0.125], dtype="float64")
    assert ops.round(x, decimals=2).tolist() == pytest.approx([1234.57, -0.12])
    assert ops.round(x, decimals=-2).tolist() == [1200, 0]


@pytest.mark.parametrize("op", [ops.floor, ops.ceil, ops.trunc, ops.round])
def test_special_values_stay_and_gradients_are_zero(op):
    found = op(tensor([-INF, INF, NAN, -0.0])).array
    np.testing.assert_array_equal(found, [-INF, INF, NAN, 0])
    assert np.signbit(found[3])
    assert gradients(op, [1.6, -0.5, 3.0]) == [[0, 0, 0]]


@pytest.mark.parametrize("op", [ops.floor, ops.ceil, ops.trunc, ops.round])
def test_integers_come_back_as_they_are_and_nothing_is_rounded_to_nothing(op):
    x = tensor([3, -2], dtype="int32")
    assert op(x).tolist() == [3, -2]
    assert op(x).dtype == np.int32
    assert op(zeros(0, 3)).shape == (0, 3)


def test_no_values_are_saved():
    x = tensor([1.5], requires_grad=True)
    assert [op(x).grad_fn.saved for op in (ops.floor, ops.ceil, ops.trunc, ops.round)] == [False] * 4


REFUSED = {
    "floor booleans": (
        lambda: ops.floor(tensor([True])),
        RuntimeError,
        "floor: not defined for bool: booleans are not",
    ),
    "round booleans": (
        lambda: ops.round(tensor([True])),
        RuntimeError,
        "round: not defined for bool: booleans are not",
    ),
    "decimals": (lambda: ops.round(arange(3), decimals=1), RuntimeError, r"round: .*whole numbers only.*\.float\(\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
