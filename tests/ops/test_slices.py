"""Slices along an axis: views and their gradients, repetitions, overlapping windows, and messages."""

import numpy as np
import pytest
from derivatives import gradients

import tinygrad_cnn as tg
from tinygrad_cnn import ops
from tinygrad_cnn.creation import arange, ones, tensor

X = ops.reshape(arange(6.0), (2, 3))


def test_views_are_views():
    x = tg.arange(6.0).reshape(2, 3).requires_grad_()
    y = x * 1
    y.select(1, 0).zero_()
    y.narrow(1, 1, 1).mul_(10)
    y.unbind(1)[2].add_(1)
    y.swapaxes(0, 1).movedim(0, 1).ravel().mul_(2)
    y.sum().backward()
    assert y.tolist() == [[0, 20, 6], [0, 80, 12]]
    assert x.grad.tolist() == [[0, 20, 2]] * 2


def test_slices_share_memory():
    for one in (ops.select(X, 1, -1), ops.narrow(X, 1, 1, 2), *ops.unbind(X, 1)):
        assert np.shares_memory(one.array, X.array)
    assert ops.select(X, 1, -1).tolist() == [2, 5]
    assert ops.narrow(X, -1, tensor(-2), 1).tolist() == [[1], [4]]
    assert [one.tolist() for one in ops.unbind(X)] == [[0, 1, 2], [3, 4, 5]]
    assert ops.narrow(X, 0, 2, 0).shape == (0, 3)


def test_repetitions_are_those_of_numpy():
    x = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(ops.repeat_interleave(x, 2), np.repeat(x, 2))
    np.testing.assert_array_equal(ops.repeat_interleave(x, np.array([2, 0, 1]), 1), np.repeat(x, [2, 0, 1], 1))
    assert ops.repeat_interleave(tensor([0, 2, 1])).tolist() == [1, 1, 2]
    assert ops.repeat_interleave(tensor(5.0), 3).tolist() == [5, 5, 5]
    assert ops.repeat_interleave(X, 0, 0, output_size=0).shape == (0, 3)
    assert gradients(lambda y: ops.repeat_interleave(y, tensor([3, 1])), [1.0, 2.0]) == [[3, 1]]


def test_windows_stand_on_a_new_last_axis_and_add_their_gradients_up():
    y = ops.unfold_dim(arange(5.0), 0, 3, 1)
    assert y.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert ops.unfold_dim(X, 1, 2, 2).shape == (2, 1, 2)
    assert ops.unfold_dim(tensor(3.0), 0, 1, 1).tolist() == [3]
    assert gradients(lambda x: ops.unfold_dim(x, 0, 3, 1), [0.0] * 5) == [[1, 2, 3, 2, 1]]


REFUSED = {
    "select range": (lambda: ops.select(X, 0, 2), IndexError, r"select: expected an index in \[-2, 1\] .*got 2"),
    "select 0-d": (lambda: ops.select(tensor(1.0), 0, 0), IndexError, "select: .* at least one axis, got a 0-d tensor"),
    "narrow length": (lambda: ops.narrow(X, 1, 2, 2), RuntimeError, r"narrow: expected a length in \[0, 1\]"),
    "narrow start": (lambda: ops.narrow(X, 1, 4, 1), IndexError, r"narrow: expected start in \[-3, 3\]"),
    "narrow float": (lambda: ops.narrow(X, 1, tensor(1.0), 1), RuntimeError, "narrow: expected start as an integer"),
    "narrow 0-d": (lambda: ops.narrow(tensor(1.0), 0, 0, 1), RuntimeError, "narrow: .* got a 0-d tensor"),
    "unbind 0-d": (lambda: ops.unbind(tensor(1.0)), IndexError, "unbind: .* got a 0-d tensor"),
    "unfold size": (lambda: ops.unfold_dim(X, 1, 4, 1), RuntimeError, r"unfold: expected a size in \[0, 3\]"),
    "unfold step": (lambda: ops.unfold_dim(X, 1, 2, 0), RuntimeError, "unfold: expected a step of at least 1, got 0"),
    "repeats": (
        lambda: ops.repeat_interleave(X, -1),
        RuntimeError,
        "repeat_interleave: expected repeats of at least 0",
    ),
    "repeats count": (lambda: ops.repeat_interleave(X, tensor([1, 2]), 1), RuntimeError, "each of 3 slices, got 2"),
    "repeats dtype": (lambda: ops.repeat_interleave(X, ones(3), 1), RuntimeError, "as an integer or a vector of them"),
    "output size": (lambda: ops.repeat_interleave(X, 2, 1, output_size=5), RuntimeError, "output_size=6, got 5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
