"""Softmax and log-softmax in double precision, and where exponents overflow."""

import numpy as np
import pytest
from kernel_promises import keeps_promises

from tinygrad_cnn import kernels
from tinygrad_cnn.kernels.softmax import top


def values(*shape):
    return np.random.default_rng(shape).standard_normal(shape)


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -2, -3])
def test_probabilities_are_shares_of_the_exponents(dim):
    x = values(3, 5, 7)
    found = keeps_promises(lambda x: kernels.softmax(x, dim), x)
    expected = np.exp(x) / np.exp(x).sum(dim, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    logs = keeps_promises(lambda x: kernels.log_softmax(x, dim), x)
    np.testing.assert_allclose(logs, np.log(expected), rtol=1e-12)


def test_scores_of_any_size_do_not_overflow():
    x = np.array([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]], "f4")
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_allclose(kernels.softmax(x, 1), [[1, 0, 0], [1 / 3] * 3], rtol=1e-6)
        np.testing.assert_allclose(kernels.log_softmax(x, 1), [[0, -1e4, -2e4], [-np.log(3)] * 3], rtol=1e-6)


def test_scores_that_are_infinite():
    x = np.array([[0.0, -np.inf], [-np.inf, -np.inf], [np.inf, 0.0], [np.nan, 0.0]])
    with np.errstate(all="raise", under="ignore", divide="ignore"):
        probabilities, logs = kernels.softmax(x, 1), kernels.log_softmax(x, 1)
    np.testing.assert_array_equal(probabilities[0], [1, 0])
    np.testing.assert_array_equal(logs[0], [0, -np.inf])
    assert np.isnan(probabilities[1:]).all()
    assert np.isnan(logs[1:]).all()


def test_numbers_and_empty_arrays():
    assert kernels.softmax(np.array(3.0), 0) == 1
    assert kernels.log_softmax(np.array(3.0), -1) == 0
    for dim in (0, 1, -1):
        assert kernels.softmax(np.zeros((0, 3), "f4"), dim).shape == (0, 3)
        assert kernels.log_softmax(np.zeros((3, 0)), dim).shape == (3, 0)


@pytest.mark.parametrize(("shape", "dim", "expected"), [((0, 3), 0, (1, 3)), ((3, 0), -1, (3, 1)), ((3, 0), 0, (1, 0))])
def test_the_largest_of_nothing_is_zero(shape, dim, expected):
    found = top(np.zeros(shape, "f4"), dim)
    assert (found.shape, found.dtype) == (expected, "f4")
    assert not found.any()


def test_the_largest_along_an_axis_is_kept_with_length_one():
    x = values(3, 5)
    np.testing.assert_array_equal(top(x, 1), [[max(row)] for row in x.tolist()])
