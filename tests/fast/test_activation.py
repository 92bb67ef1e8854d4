"""ReLU and its gradient: the compiled form equals the NumPy form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_forms import (
    agree,
    both,
    falls_back,
    float32,
    form_of,
    needs_compiler,
    same_bits_on_any_threads,
    spread_out,
    with_specials,
)

pytestmark = needs_compiler

SIZES = st.one_of(st.integers(1, 70), st.integers(32_760, 32_790), st.just(65_537))


@given(SIZES, st.integers(0, 9))
def test_relu(size, seed):
    x = with_specials(float32(seed, size), seed)
    found, expected = both("relu", x)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(x))


@given(SIZES, st.integers(0, 9))
def test_relu_input(size, seed):
    y, g = with_specials(float32(seed, size), seed), with_specials(float32(seed + 1, size), seed + 1)
    found, expected = both("relu_input", g, y)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found[y <= 0], 0)  # even where g is infinite or NaN
    np.testing.assert_array_equal(found[~(y <= 0)], g[~(y <= 0)])


def test_arrays_that_are_not_contiguous():
    x, y = float32(0, 3, 5, 7), float32(1, 3, 5, 7)
    for a, b in ((spread_out(x), y), (x, spread_out(y)), (x.T, y.T)):
        agree(*both("relu", a))
        agree(*both("relu_input", a, b))


def test_any_number_of_threads_gives_the_same_bits():
    x, g = float32(0, 300_001), float32(1, 300_001)
    same_bits_on_any_threads(lambda: (form_of("relu")(x), form_of("relu_input")(g, x)))


@pytest.mark.parametrize(
    "x",
    [np.zeros((0, 3), np.float32), np.ones(3), np.arange(3), np.float32(2), np.ones(3, np.float32).astype(">f4")],
    ids=["empty", "float64", "integers", "scalar", "bytes swapped"],
)
def test_what_is_left_to_numpy(x):
    assert falls_back("relu", x)
    assert falls_back("relu_input", x, x)


def test_shapes_that_broadcast_are_left_to_numpy():
    assert falls_back("relu_input", float32(0, 2, 3), float32(0, 3))
