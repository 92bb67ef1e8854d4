"""Softmax and log-softmax: the compiled form equals the NumPy form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_forms import agree, both, falls_back, float32, form_of, needs_compiler, same_bits_on_any_threads, spread_out

pytestmark = needs_compiler

SHAPES = st.lists(st.integers(1, 20), min_size=0, max_size=2).flatmap(
    lambda lead: st.integers(1, 70).map(lambda classes: (*lead, classes))
)


@given(SHAPES, st.integers(0, 9))
def test_softmax_along_the_last_axis(shape, seed):
    x = float32(seed, *shape) * 3
    for name in ("softmax", "log_softmax"):
        for dim in (-1, x.ndim - 1):
            agree(*both(name, x, dim=dim))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(6, 5), (6, 40)])
def test_nan_and_infinities(name, shape):
    x = float32(0, *shape)
    x[0, 0], x[1, 1], x[2, 2], x[3], x[4, 0] = np.nan, np.inf, -np.inf, -np.inf, 1e30
    agree(*both(name, x, dim=1))


def ulps(found, exact):
    """Return the distance of float32 values from exact ones, in units in the last place of float32."""
    least = np.float32(np.finfo(np.float32).smallest_subnormal)
    return abs(found.astype(np.float64) - exact) / np.maximum(np.spacing(exact.astype(np.float32)), least)


def test_the_exponential_function_is_accurate_over_its_whole_range():
    x = np.concatenate([np.linspace(-110, 0, 200_001), -np.logspace(-30, 2, 10_000)]).astype(np.float32)
    rows = np.stack([np.zeros_like(x), x, np.full_like(x, -np.inf)], axis=1)
    ratio = form_of("softmax")(rows, dim=1)
    # Softmax of (0, x, −∞) is (1, eˣ, 0) / (1 + eˣ): eˣ itself for small x, and for others rounded twice more.
    exact = np.exp(x.astype(np.float64))
    error = ulps(ratio[:, 1], exact / (1 + exact))
    assert error[x < -18].max() < 1.1
    assert error.max() < 2.5
    assert (ratio[:, 2] == 0).all()


def test_a_large_row_and_small_differences():
    x = np.linspace(0, 1e-3, 50_000, dtype=np.float32)[None]
    agree(*both("softmax", x, dim=1), rtol=2e-6, atol=0)
    exact = np.log(np.exp(x.astype(np.float64)).sum())
    np.testing.assert_allclose(form_of("log_softmax")(x, dim=1), x - exact, rtol=3e-7)


def test_arrays_that_are_not_contiguous():
    agree(*both("softmax", float32(0, 6, 5, 3).T, dim=2))
    agree(*both("log_softmax", spread_out(float32(0, 6, 5)), dim=1))


def test_any_number_of_threads_gives_the_same_bits():
    x = float32(0, 3001, 17)
    same_bits_on_any_threads(lambda: (form_of("softmax")(x, dim=1), form_of("log_softmax")(x, dim=1)))


def test_what_is_left_to_numpy():
    x = float32(0, 6, 5)
    for name in ("softmax", "log_softmax"):
        assert falls_back(name, x, dim=0)
        assert falls_back(name, x[:, :0], dim=1)
        assert falls_back(name, x.astype(np.float64), dim=1)
