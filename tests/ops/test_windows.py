"""Windows as columns and back: order of the columns, geometry, and each as the transpose of the other."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.creation import from_numpy

HOW = {"kernel_size": (2, 3), "stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2)}
X = np.random.default_rng(0).standard_normal((2, 3, 5, 7))


def test_each_column_is_a_window_with_the_channels_slowest():
    y = ops.unfold(X, **HOW)
    padded = np.pad(X, ((0, 0), (0, 0), *HOW["padding"]))
    assert y.shape == (2, 3 * 2 * 3, 3 * 5)
    for column, (i, j) in enumerate(np.ndindex(3, 5)):
        window = padded[:, :, 2 * i : 2 * i + 2, j : j + 5 : 2]
        np.testing.assert_array_equal(y[:, :, column], window.reshape(2, -1))


def test_columns_are_added_where_they_came_from():
    y = np.random.default_rng(1).standard_normal((2, 18, 15))
    x = ops.fold(y, input_size=(5, 7), **HOW)
    assert (x * X).sum() == pytest.approx((y * ops.unfold(X, **HOW)).sum())
    once = {"kernel_size": (1, 1), "stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
    np.testing.assert_array_equal(ops.fold(ops.unfold(X, **once), input_size=(5, 7), **once), X)


def test_the_result_has_memory_of_its_own_and_nothing_is_saved():
    x = from_numpy(X).requires_grad_()
    y = ops.unfold(x, **HOW)
    assert not np.shares_memory(y.array, X)
    assert y.grad_fn.saved is False
    assert ops.fold(y, input_size=(5, 7), **HOW).grad_fn.saved is False


def test_an_empty_batch():
    assert ops.unfold(X[:0], **HOW).shape == (0, 18, 15)
    assert ops.fold(np.zeros((0, 18, 15)), input_size=(5, 7), **HOW).shape == (0, 3, 5, 7)
