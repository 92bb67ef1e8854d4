"""ReLU, its gradient, the sigmoid, and the choice by a mask against NumPy's."""

import numpy as np
import pytest
from kernel_promises import keeps_promises

from tinygrad_cnn import kernels

RNG = np.random.default_rng(0)
SHAPES = [((90, 70), (90, 70), ()), ((90, 70), (70,), (90, 1)), ((1, 70), (90, 70), (90, 70)), ((9000,), (2, 9000), ())]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i8"])
@pytest.mark.parametrize(("mask", "x", "other"), SHAPES)
def test_select_chooses_as_where_does(dtype, mask, x, other):
    mask = RNG.random(mask) > 0.5
    x, other = ((100 * RNG.normal(size=shape)).astype(dtype) for shape in (x, other))
    for a, b in [(x, other), (other, x), (x, 0), (-1, x), (x.swapaxes(0, -1).copy().swapaxes(0, -1), other)]:
        expected = np.where(mask, a, b)
        found = kernels.select(mask, a, b)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def test_any_mask_that_is_not_zero_holds():
    mask = np.arange(8192) % 3
    x = RNG.normal(size=8192)
    np.testing.assert_array_equal(kernels.select(mask, x, 0.0), np.where(mask != 0, x, 0))


def test_select_moves_bits_not_numbers():
    mask = np.arange(8192) % 3 == 0
    x = np.resize([np.nan, -0.0, np.inf, -np.inf, 5e-324], 8192)
    found = kernels.select(mask, x, np.flip(x))
    np.testing.assert_array_equal(found.view("i8"), np.where(mask, x, np.flip(x)).view("i8"))


def values(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_relu_is_the_larger_of_x_and_zero():
    x = values(3, 5)
    np.testing.assert_array_equal(keeps_promises(kernels.relu, x), [[max(one, 0) for one in row] for row in x.tolist()])
    found = kernels.relu(np.array([-np.inf, -0.0, 0.0, np.inf, np.nan]))
    assert found[:4].tolist() == [0, 0, 0, np.inf]
    assert np.isnan(found[4])
    assert kernels.relu(np.array([-2, 3])).tolist() == [0, 3]
    assert kernels.relu(np.zeros((0, 3), "f4")).shape == (0, 3)


@pytest.mark.parametrize("size", [15, 5000])
def test_the_gradient_of_relu_passes_where_the_output_is_positive(size):
    g, y = values(size), np.maximum(values(size, seed=1), 0)
    found = keeps_promises(kernels.relu_input, g, y)
    np.testing.assert_array_equal(found, [a if b > 0 else 0 for a, b in zip(g, y, strict=True)])
    y[:3] = np.nan, np.inf, -0.0
    assert kernels.relu_input(g, y)[:3].tolist() == [g[0], g[1], 0]


@pytest.mark.parametrize("size", [15, 5000])
def test_the_sigmoid_keeps_its_relative_accuracy(size):
    x = np.linspace(-700, 40, size)
    expected = [1 / (1 + np.exp(-one)) if one > 0 else np.exp(one) / (1 + np.exp(one)) for one in x]
    np.testing.assert_allclose(keeps_promises(kernels.sigmoid, x), expected, rtol=1e-15)


def test_the_sigmoid_at_the_ends():
    with np.errstate(all="raise", under="ignore"):
        assert kernels.sigmoid(np.array([-np.inf, -1e4, 0, 1e4, np.inf])).tolist() == [0, 0, 0.5, 1, 1]
    assert np.isnan(kernels.sigmoid(np.array([np.nan]))).all()
    assert kernels.sigmoid(np.zeros((), "f4")).dtype == "f4"
    assert kernels.sigmoid(np.zeros((2, 0), "f4")).shape == (2, 0)
