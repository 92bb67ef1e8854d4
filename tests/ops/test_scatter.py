"""Writing by index along an axis: the last write wins, reduction, whole slices, booleans, and messages."""

import numpy as np
import pytest
from derivatives import gradients, leaf

import tinygrad_cnn as tg
from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import arange, ones, tensor, zeros


def test_elements_are_written_along_the_axis_into_a_copy():
    x = np.zeros((2, 3))
    index = np.array([[2, 0], [1, 1]])
    expected = x.copy()
    np.put_along_axis(expected, index, np.array([[1.0, 2.0], [3.0, 4.0]]), 1)
    assert ops.scatter(x, 1, index, np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == expected.tolist()
    assert not x.any()
    assert ops.scatter(zeros(3), 0, tensor([1]), 2).tolist() == [0, 2, 0]
    assert ops.scatter(zeros(3), 0, tensor([1]), value=2.5).tolist() == [0, 2.5, 0]


def test_what_was_overwritten_gets_no_gradient_and_every_value_does():
    index = tensor([1, 1])
    assert gradients(lambda x, v: ops.scatter(x, 0, index, v), [1.0, 2.0, 3.0], [5.0, 6.0]) == [[1, 0, 1], [1, 1]]


def test_reductions_combine_with_what_is_there():
    x, index = tensor([2.0, 3.0]), tensor([0, 0])
    assert ops.scatter(x, 0, index, tensor([5.0, 7.0]), reduce="add").tolist() == [14, 3]
    assert ops.scatter(x, 0, index, tensor([5.0, 7.0]), reduce="multiply").tolist() == [70, 3]


def test_no_gradient_is_made_up_for_a_multiplying_scatter():
    x = tg.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="scatter_multiply: no gradient is defined"):
        x.scatter(0, tg.tensor([0]), 2.0, reduce="multiply").sum().backward()


def test_whole_slices_are_added_and_may_repeat():
    x, source = leaf(np.zeros((2, 3))), leaf([[1.0, 2.0], [3.0, 4.0]])
    y = ops.index_add(x, 1, tensor([2, 2]), source, alpha=10)
    assert y.tolist() == [[0, 0, 30], [0, 0, 70]]
    assert grad(ops.sum(y), [x, source])[1].tolist() == [[10, 10], [10, 10]]
    assert ops.index_add(tensor([True, False]), 0, tensor([1]), tensor([True])).tolist() == [True, True]
    assert ops.index_add(tensor(1.0), 0, tensor(0), tensor(2.0)).item() == 3


def test_an_empty_index_changes_nothing():
    assert ops.scatter(ones(2), 0, zeros(0, dtype="i8"), zeros(0)).tolist() == [1, 1]
    assert ops.index_add(ones(2), 0, zeros(0, dtype="i8"), zeros(0)).tolist() == [1, 1]


X, I = ops.reshape(arange(6.0), (2, 3)), tensor([[0]])  # noqa: E741
REFUSED = {
    "range": (
        lambda: ops.scatter(X, 1, tensor([[3]]), 1.0),
        RuntimeError,
        r"scatter: expected indices in \[0, 2\], got 3",
    ),
    "neither": (lambda: ops.scatter(X, 1, I), TypeError, "scatter: expected src or value, got neither"),
    "both": (lambda: ops.scatter(X, 1, I, X, value=1), TypeError, "scatter: expected src or value, got both"),
    "reduce": (
        lambda: ops.scatter(X, 1, I, 1.0, reduce="mean"),
        RuntimeError,
        "reduce None, 'add' or 'multiply', got 'mean'",
    ),
    "dtype": (
        lambda: ops.scatter(X, 1, I, X.double()),
        RuntimeError,
        "scatter: expected src of the dtype of the input",
    ),
    "slices": (lambda: ops.index_add(X, 1, tensor([0]), X), RuntimeError, r"index_add: .* \(2, 1\), got \(2, 3\)"),
    "slices dtype": (
        lambda: ops.index_add(X, 1, tensor([0]), X.double()),
        RuntimeError,
        "index_add: expected source of",
    ),
    "slices index": (
        lambda: ops.index_add(X, 1, I, X),
        IndexError,
        r"index_add: expected index as a vector, got shape",
    ),
    "alpha": (
        lambda: ops.index_add(tensor([1]), 0, tensor([0]), tensor([1]), alpha=0.5),
        RuntimeError,
        "alpha as an int",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
