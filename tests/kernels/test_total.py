"""Sums over any axes of any layout are as exact as those of a few terms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_promises import laid_out

from tinygrad_cnn.kernels.total import dot, total

EPS = 2.0**-24


@given(
    st.lists(st.sampled_from([1, 2, 3, 7, 130, 257, 700]), min_size=1, max_size=3),
    st.data(),
    st.sampled_from(["plain", "transposed", "strided", "backwards"]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_sums_and_products_over_any_axes(shape, data, layout, keepdims):
    while np.prod(shape) > 400_000:
        shape = shape[:-1]
    dims = tuple(sorted(data.draw(st.sets(st.integers(0, len(shape) - 1)))))
    source = np.random.default_rng(len(shape))
    x, y = (laid_out(source.random(shape, np.float32), layout) for _ in range(2))
    exact = x.astype(np.float64)
    for found, expected in (
        (total(x, dims, keepdims), exact.sum(dims, keepdims=keepdims)),
        (dot(x, y, dims, keepdims), (exact * y).sum(dims, keepdims=keepdims)),
    ):
        assert found.shape == expected.shape
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=16 * EPS)


@pytest.mark.parametrize("layout", ["plain", "transposed", "strided"])
@pytest.mark.parametrize(
    ("shape", "dims"),
    [
        ((1_000_003,), (0,)),
        ((300_000, 3), (0,)),
        ((3, 300_000), (1,)),
        ((300_000, 3), (0, 1)),
        ((300, 300, 7), (0, 1)),
        ((300, 3, 300, 2), (0, 2)),
        ((20_000, 70), (0,)),
        ((20_000, 3, 2, 2), (0, 2, 3)),
    ],
)
def test_the_error_does_not_grow(shape, dims, layout):
    x = laid_out(np.random.default_rng(0).random(shape, np.float32), layout)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(total(x, dims), exact.sum(dims), rtol=12 * EPS)
    np.testing.assert_allclose(dot(x, x, dims), (exact * exact).sum(dims), rtol=12 * EPS)


def test_repeated_memory_is_added_as_often_as_it_is_seen():
    x = np.broadcast_to(np.float32(0.1), (300_000, 2))
    np.testing.assert_allclose(total(x, (0,)), np.float32(0.1) * 3e5, rtol=20 * EPS)


def test_nothing_to_add():
    assert total(np.float32(2).reshape(()), ()).item() == 2
    assert total(np.zeros((0, 3), np.float32), (0,)).tolist() == [0, 0, 0]
    assert total(np.zeros((0, 3), np.float32), (1,)).shape == (0,)
    assert dot(np.zeros((3, 0)), np.zeros((3, 0)), (1,), True).tolist() == [[0], [0], [0]]
