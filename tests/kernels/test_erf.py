"""The error function against the standard library's, and the choice by a mask against NumPy's."""

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


SHAPES = [((90, 70), (90, 70), ()), ((90, 70), (70,), (90, 1)), ((1, 70), (90, 70), (90, 70)), ((9000,), (2, 9000), ())]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i8"])
@pytest.mark.parametrize(("mask", "x", "other"), SHAPES)
def test_select_chooses_as_where_does(dtype, mask, x, other):
    mask = RNG.random(mask) > 0.5
    x, other = ((100 * RNG.normal(size=shape)).astype(dtype) for shape in (x, other))
    for a, b in [(x, other), (other, x), (x, 0), (-1, x), (x.swapaxes(0, -1).copy().swapaxes(0, -1), other)]:
        expected = np.where(mask, a, b)
        found = kernels.select(mask, a, b)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def test_select_moves_bits_not_numbers():
    mask = np.arange(8192) % 3 == 0
    x = np.resize([np.nan, -0.0, np.inf, -np.inf, 5e-324], 8192)
    found = kernels.select(mask, x, np.flip(x))
    np.testing.assert_array_equal(found.view("i8"), np.where(mask, x, np.flip(x)).view("i8"))
