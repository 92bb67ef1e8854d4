"""Matrix products against plain loops."""

import numpy as np
import pytest
from kernel_promises import keeps_promises

from tinygrad_cnn import kernels

SHAPES = [
    ((3, 5), (5, 7)), ((5,), (5, 7)), ((3, 5), (5,)), ((5,), (5,)), ((2, 3, 5), (5, 7)), ((2, 1, 3, 5), (4, 5, 1)),
    ((1, 1), (1, 1)), ((0, 5), (5, 7)), ((3, 0), (0, 7)), ((2, 3, 5), (2, 5, 7)),
]  # fmt: skip


def values(*shape):
    return np.random.default_rng(shape).standard_normal(shape)


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_products_equal_the_loops(a, b):
    a, b = values(*a), values(*b)
    rows, columns = (a if a.ndim > 1 else a[None]), (b if b.ndim > 1 else b[:, None])
    lead = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    rows = np.broadcast_to(rows, (*lead, *rows.shape[-2:]))
    columns = np.broadcast_to(columns, (*lead, *columns.shape[-2:]))
    expected = np.zeros((*lead, rows.shape[-2], columns.shape[-1]))
    for place in np.ndindex(*expected.shape):
        *stack, i, j = place
        expected[place] = sum(rows[(*stack, i, k)] * columns[(*stack, k, j)] for k in range(rows.shape[-1]))
    if a.ndim == 1:
        expected = expected[..., 0, :]
    if b.ndim == 1:
        expected = expected[..., 0]
    if a.ndim == b.ndim == 1:
        np.testing.assert_allclose(kernels.matmul(a, b), expected, rtol=1e-12)
    else:
        found = keeps_promises(kernels.matmul, a, b)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_integers_stay_integers():
    found = kernels.matmul(np.array([[1, 2]], "i2"), np.array([[3], [4]], "i2"))
    assert (found.item(), found.dtype) == (11, "i2")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_row(value):
    a = np.ones((2, 3))
    a[1, 2] = value
    with np.errstate(invalid="ignore"):  # which some libraries of matrix products raise for ∞
        found = kernels.matmul(a, np.ones((3, 2)))
    np.testing.assert_array_equal(found, [[3, 3], [value, value]])


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="mismatch"):
        kernels.matmul(np.ones((2, 3)), np.ones((2, 3)))


def test_products_too_large_are_infinite_without_a_warning():
    x = np.full((2, 2), 3e38, np.float32)
    assert np.isinf(kernels.matmul(x, x)).all()
    assert np.isinf(kernels.linear(x, x, None)).all()
    image, w = x[None, None], np.full((1, 1, 2, 2), 3e38, np.float32)
    how = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    assert np.isinf(kernels.conv2d(image, w, None, **how)).all()
