"""Reductions where samples cannot look: ties, NaN, infinities, nothing at all, dtypes, and what is refused."""

import math

import numpy as np
import pytest
from derivatives import gradients

from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones, tensor, zeros

INF, NAN = float("inf"), float("nan")


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


def test_logsumexp_does_not_overflow():
    x = tensor([[1000.0, 1000.0], [-1000.0, -INF], [-INF, -INF], [INF, 1.0]], dtype="float64")
    assert ops.logsumexp(x, 1).tolist() == [1000 + math.log(2), -1000, -INF, INF]
    assert gradients(lambda x: ops.logsumexp(x, 0), [1000.0, 1000.0, -INF])[0] == pytest.approx([0.5, 0.5, 0])
    assert ops.logsumexp(zeros(0, 2), 0).tolist() == [-INF, -INF]
    assert ops.logsumexp(tensor([0, 0]), 0).dtype == np.float32


def test_sums_convert_first():
    assert ops.sum(tensor([1.7, 1.7]), dtype="int64").item() == 2
    assert ops.sum(tensor([200, 100], dtype="uint8"), dtype="int32").dtype == "int32"
    assert ops.mean(tensor([1, 2]), dtype="float64").item() == 1.5
    assert ops.prod(tensor([2, 3]), dtype="float32").dtype == "float32"
    assert ops.cumsum(tensor([True, True]), 0).tolist() == [1, 2]
    assert ops.cumsum(tensor([1.5, 1.5]), 0, dtype="int32").tolist() == [1, 2]
    x = tensor([1.0, 2.0], requires_grad=True)
    ops.sum(x, dtype="float64").backward()
    assert x.grad.dtype == np.float32


def test_truth_of_all_and_any():
    assert ops.any(tensor([NAN])).item() is True
    assert ops.all(zeros(0)).item() is True
    assert ops.any(zeros(0)).item() is False
    assert ops.all(tensor([1, 2], dtype="uint8")).dtype == np.uint8
    assert ops.all(ones(2, 3), (0, 1), True).shape == (1, 1)


def test_extremes_of_booleans():
    assert ops.max(tensor([False, True]), 0).indices.item() == 1
    assert ops.amin(tensor([False, True])).item() is False


def test_an_axis_without_elements_is_fine_where_nothing_is_chosen_along_it():
    assert ops.amax(zeros(0, 2), 1).shape == (0,)
    assert ops.sum(zeros(2, 0), 1).tolist() == [0, 0]
    assert ops.sum(zeros(0)).item() == 0


def test_a_0d_tensor_counts_as_having_one_axis():
    assert ops.sum(tensor(3.0), 0).item() == 3
    assert ops.max(tensor(3.0), -1).indices.item() == 0
    with pytest.raises(IndexError, match="for a 0-d tensor, got 1"):
        ops.sum(tensor(3.0), 1)


def test_sums_of_small_integers_do_not_wrap():
    assert ops.sum(tensor([200, 200], dtype="uint8")).item() == 400
    assert ops.sum(tensor([True, True])).item() == 2


def test_reductions():
    assert ops.sum(ones(2, dtype="i4")).dtype == "i8"
    assert ops.sum(ones(2, dtype="?")).dtype == "i8"
    assert ops.sum(ones(2, dtype="f2")).dtype == "f2"
    assert ops.amax(ones(2, dtype="u1")).dtype == "u1"
    assert ops.argmax(ones(2)).dtype == "i8"


def test_a_sum_saves_nothing_and_a_maximum_its_input_and_output():
    x = ones(2, 3, requires_grad=True)
    assert ops.sum(x, 1).grad_fn.saved is False
    assert ops.mean(x).grad_fn.saved is False
    node = ops.amax(x, 1).grad_fn
    assert node.args[0] is x.array
    assert node.out is not None


X, EMPTY = zeros(2, 3, 4), zeros(0, 2)
REFUSED = {
    "max of nothing": (lambda: ops.max(EMPTY), RuntimeError, "amax: expected elements to choose from"),
    "amin of nothing": (lambda: ops.amin(EMPTY), RuntimeError, "amin: expected elements to choose from"),
    "amin along nothing": (
        lambda: ops.amin(EMPTY, 0),
        IndexError,
        r"amin: .* shape \(0, 2\) with none along dim \(0,\)",
    ),
    "amax empty": (
        lambda: ops.amax(EMPTY),
        RuntimeError,
        r"amax: expected elements to choose from, got shape \(0, 2\) with none along",
    ),
    "argmin of nothing": (lambda: ops.argmin(EMPTY), IndexError, "argmin: expected elements to choose from"),
    "argmax of booleans": (lambda: ops.argmax(tensor([True])), RuntimeError, "argmax: expected numbers, got booleans"),
    "mean dtype": (lambda: ops.mean(ones(2), dtype="int64"), RuntimeError, "mean: expected a floating-point input"),
    "sum range": (lambda: ops.sum(X, 3), IndexError, r"sum: expected dim in \[-3, 2\] for a 3-d tensor, got 3"),
    "sum twice": (lambda: ops.sum(X, (0, -3)), RuntimeError, r"sum: expected each axis once in dim, got \(0, -3\)"),
    "sum type": (lambda: ops.sum(X, 1.0), TypeError, r"sum: expected dim as an int, got 1.0"),
    "argmax empty": (lambda: ops.argmax(zeros(0)), IndexError, r"max: expected elements to choose from"),
    "max empty": (lambda: ops.max(zeros(2, 0), 1), IndexError, r"max: expected elements to choose from"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
