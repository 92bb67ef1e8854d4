"""Dropout: the compiled form equals the NumPy form."""

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
)

pytestmark = needs_compiler

SIZES = st.one_of(st.integers(1, 70), st.integers(32_760, 32_790), st.just(65_537))


@given(SIZES, st.sampled_from([0.0, 0.25, 0.9, 1.0]), st.integers(0, 9))
def test_dropout(size, p, seed):
    keep = np.random.default_rng(seed).random(size) < 1 - p
    agree(*both("dropout", float32(seed, size), keep, p=p), rtol=1e-7, atol=0)


def test_dropout_of_an_infinity_is_nan_where_it_is_left_out():
    x = np.array([np.inf, np.inf, np.nan, 3], np.float32)
    agree(*both("dropout", x, np.array([True, False, False, False]), p=0.5))


def test_arrays_that_are_not_contiguous():
    x = float32(0, 3, 5, 7)
    keep = x > 0
    agree(*both("dropout", spread_out(x), spread_out(keep), p=0.5))
    agree(*both("dropout", x.T, keep.T, p=0.5))


def test_any_number_of_threads_gives_the_same_bits():
    x = float32(0, 300_001)
    same_bits_on_any_threads(lambda: form_of("dropout")(x, x > 0, p=0.3))


@pytest.mark.parametrize(
    "x",
    [np.zeros((0, 3), np.float32), np.ones(3), np.arange(3), np.float32(2), np.ones(3, np.float32).astype(">f4")],
    ids=["empty", "float64", "integers", "scalar", "bytes swapped"],
)
def test_what_is_left_to_numpy(x):
    assert falls_back("dropout", x, x > 0, p=0.5)


def test_masks_that_broadcast_are_left_to_numpy():
    assert falls_back("dropout", float32(0, 2, 3, 4), np.ones((2, 3, 1), bool), p=0.5)
