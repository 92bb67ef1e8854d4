"""Padding in each mode, negative padding, and the transpose that adds copies up."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import from_numpy, tensor, zeros

X = np.arange(1.0, 13).reshape(1, 3, 4)
NUMPY = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@pytest.mark.parametrize("mode", NUMPY)
def test_each_mode_is_that_of_numpy(mode):
    padding = ((0, 0), (2, 1), (3, 0))
    found = ops.pad(X[:, :, ::-1], padding=padding, mode=mode)
    np.testing.assert_array_equal(found, np.pad(X[:, :, ::-1], padding, NUMPY[mode]))


def test_a_value_fills_and_negative_numbers_cut_off():
    y = ops.pad(X, padding=((0, 0), (-1, 0), (1, -2)), mode="constant", value=7.0)
    assert y.tolist() == [[[7, 5, 6], [7, 9, 10]]]
    assert ops.pad(X, padding=((0, 0), (0, -1), (0, 0)), mode="replicate").tolist() == X[:, :2].tolist()


@pytest.mark.parametrize("mode", NUMPY)
def test_the_gradient_is_the_transpose_and_saves_nothing(mode):
    padding = ((0, 0), (1, 2), (2, -1))
    x = from_numpy(X).requires_grad_()
    y = ops.pad(x, padding=padding, mode=mode)
    assert y.grad_fn.saved is False
    g = np.random.default_rng(0).standard_normal(y.shape)
    gx = ops.pad_input(g, shape=X.shape, padding=padding, mode=mode)
    assert (gx * X).sum() == pytest.approx((g * y.array).sum())
    np.testing.assert_array_equal(grad(y, x, from_numpy(g))[0].array, gx)


@pytest.mark.parametrize("mode", NUMPY)
def test_padding_by_nothing_still_copies(mode):
    y = ops.pad(X, padding=((0, 0),) * 3, mode=mode)
    assert y.tolist() == X.tolist()
    assert not np.shares_memory(y, X)


def test_the_dtype_stays_and_nothing_can_be_padded_by_a_constant():
    assert ops.pad(tensor([1, 2], dtype="int8"), padding=((1, 1),), mode="constant", value=3).tolist() == [3, 1, 2, 3]
    assert ops.pad(tensor([True]), padding=((1, 0),), mode="replicate").dtype == np.bool_
    assert ops.pad(zeros(0, 2), padding=((1, 1), (0, 0)), mode="constant").shape == (2, 2)
