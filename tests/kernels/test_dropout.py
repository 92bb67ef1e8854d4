"""Dropout by a given mask."""

import numpy as np
import pytest
from kernel_promises import keeps_promises

from tinygrad_cnn import kernels

X = np.random.default_rng(0).standard_normal((3, 5))
KEEP = np.random.default_rng(1).random((3, 5)) > 0.4


@pytest.mark.parametrize("p", [0.0, 0.25, 0.9])
def test_what_is_kept_is_scaled_and_the_rest_is_zero(p):
    found = keeps_promises(lambda x, keep: kernels.dropout(x, keep, p), X, KEEP)
    expected = [
        [a / (1 - p) if kept else 0 for a, kept in zip(*rows, strict=True)] for rows in zip(X, KEEP, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_a_probability_of_one_leaves_nothing():
    with np.errstate(all="raise"):
        assert not kernels.dropout(X, KEEP, 1.0).any()


def test_a_mask_may_hold_whole_channels():
    keep = np.array([[True], [False], [True]])
    found = keeps_promises(lambda x, keep: kernels.dropout(x, keep, 0.5), X, keep)
    np.testing.assert_array_equal(found, X * 2 * keep)


def test_nan_stays_where_it_is_kept_and_where_it_is_not():
    found = kernels.dropout(np.array([np.nan, np.nan, 1.0]), np.array([True, False, False]), 0.5)
    np.testing.assert_array_equal(found, [np.nan, np.nan, 0])


def test_empty_and_one_element():
    assert kernels.dropout(np.zeros((0, 3), "f4"), np.zeros((0, 3), bool), 0.5).shape == (0, 3)
    assert kernels.dropout(np.float64([2.0]), np.array([True]), 0.5).tolist() == [4.0]
