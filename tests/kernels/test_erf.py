"""The error function against the standard library's."""

import math

import numpy as np
import pytest

from tinygrad_cnn import kernels

RNG = np.random.default_rng(0)
SPREAD = np.concatenate(
    [RNG.normal(0, 2, 40_000), RNG.uniform(-0.01, 0.01, 20_000), 10.0 ** RNG.uniform(-300, 1, 20_000)]
)


@pytest.mark.parametrize(("dtype", "units"), [("f8", 2), ("f4", 3)])
def test_erf_is_exact_to_the_last_places(dtype, units):
    x = SPREAD.astype(dtype)
    expected = np.array([math.erf(value) for value in x.tolist()])
    found = kernels.erf(x)
    assert found.dtype == dtype
    assert (np.abs(found - expected) <= units * np.spacing(np.abs(expected).astype(dtype))).all()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_erf_at_the_ends(dtype):
    x = np.array([-np.inf, -60000, -6, -0.0, 0.0, 6, 60000, np.inf], dtype)
    found = kernels.erf(x)
    assert found.tolist() == [-1, -1, -1, 0, 0, 1, 1, 1]
    assert np.signbit(found).tolist() == [True] * 4 + [False] * 4
    assert np.isnan(kernels.erf(np.array([np.nan, 1], dtype))).tolist() == [True, False]


def test_erf_keeps_the_shape_and_leaves_its_input_alone():
    x = RNG.normal(size=(30, 20, 40)).transpose(2, 0, 1)
    kept = x.copy()
    found = kernels.erf(x)
    assert found.shape == x.shape
    assert found[3, 5, 7] == kernels.erf(x[3:4, 5, 7])[0]
    np.testing.assert_array_equal(x, kept)
    assert kernels.erf(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("size", [8191, 8192, 8193, 20_000])
def test_blocks_leave_nothing_out(size):
    x = RNG.normal(size=size)
    np.testing.assert_allclose(kernels.erf(x), [math.erf(one) for one in x.tolist()], rtol=1e-14)
