"""The affine map x · wᵀ + b against sums over its inputs."""

import numpy as np
import pytest
from kernel_promises import keeps_promises

from tinygrad_cnn import kernels


def values(*shape):
    return np.random.default_rng(shape).standard_normal(shape)


@pytest.mark.parametrize("lead", [(), (1,), (5,), (2, 3), (0,), (2, 0)])
def test_every_vector_along_the_last_axis_is_mapped(lead):
    x, w, b = values(*lead, 7), values(3, 7), values(3)
    found = keeps_promises(kernels.linear, x, w, b)
    expected = np.zeros((*lead, 3))
    for place in np.ndindex(*lead):
        for o in range(3):
            expected[(*place, o)] = b[o] + sum(x[(*place, i)] * w[o, i] for i in range(7))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_without_a_bias():
    x, w = values(4, 7), values(3, 7)
    found = keeps_promises(lambda x, w: kernels.linear(x, w, None), x, w)
    np.testing.assert_allclose(found, x @ w.T)


def test_no_inputs_leave_the_bias():
    assert kernels.linear(np.zeros((2, 0)), np.zeros((3, 0)), np.arange(3.0)).tolist() == [[0, 1, 2]] * 2


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_row(value):
    x = np.ones((3, 2))
    x[1, 0] = value
    with np.errstate(invalid="ignore"):  # which some libraries of matrix products raise for ∞
        found = kernels.linear(x, np.ones((1, 2)), np.ones(1))
    np.testing.assert_array_equal(found, [[3], [value], [3]])
