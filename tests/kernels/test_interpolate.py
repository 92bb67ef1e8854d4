"""Resizing along axes against plain loops, and the transpose that adds back."""

from math import floor

import numpy as np
import pytest
from kernel_promises import close, inner, keeps_promises

from tinygrad_cnn import kernels


def values(*shape):
    return np.random.default_rng(shape).standard_normal(shape)


@pytest.mark.parametrize(("size", "outputs"), [(3, 7), (7, 3), (5, 5), (1, 4), (6, 1), (4, 8)])
@pytest.mark.parametrize("scale", [None, 1.5, 0.7])
def test_the_nearest_position_is_the_one_below(size, outputs, scale):
    factor = outputs / size if scale is None else scale
    expected = [min(floor(i / factor + 1e-6), size - 1) for i in range(outputs)]
    found = kernels.nearest_sources(size, outputs, scale)
    assert found.dtype == np.intp
    assert found.tolist() == expected


def test_the_scale_is_rounded_to_float32_as_in_pytorch():
    found = kernels.nearest_sources(49, 343, None)
    step = np.float32(49 / 343)
    assert found.tolist() == [int(np.float32(i) * step) for i in range(343)]


def position(i, size, outputs, scale, align):
    """Return where output `i` lies, as PyTorch defines it."""
    if align:
        return i * (size - 1) / max(outputs - 1, 1)
    factor = outputs / size if scale is None else scale
    return max((i + 0.5) / factor - 0.5, 0)


@pytest.mark.parametrize(("size", "outputs"), [(3, 7), (7, 3), (1, 4), (6, 1), (4, 9)])
@pytest.mark.parametrize(("scale", "align"), [(None, False), (None, True), (1.7, False)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_output_lies_between_two_positions(size, outputs, scale, align, dtype):
    lower, upper, share = kernels.linear_sources(size, outputs, scale, align, dtype)
    assert share.dtype == dtype
    for i in range(outputs):
        at = min(position(i, size, outputs, scale, align), size - 1)
        assert 0 <= lower[i] <= upper[i] <= min(lower[i] + 1, size - 1)
        assert 0 <= share[i] <= 1
        np.testing.assert_allclose(lower[i] * (1 - share[i]) + upper[i] * share[i], at, rtol=1e-5, atol=1e-6)


def test_as_many_outputs_as_positions_are_a_copy():
    lower, upper, share = kernels.linear_sources(5, 5, 1.3, False, np.float32)
    assert lower.tolist() == upper.tolist() == list(range(5))
    assert (share.tolist(), share.dtype) == ([0] * 5, "f4")


BLENDS = {
    2: (np.array([0, 1, 1]), np.array([1, 2, 1]), np.array([0.25, 0.5, 0.75])),
    1: (np.array([3, 0]), np.array([3, 1]), np.array([0.0, 1.0])),
}


def test_neighbours_are_blended_by_their_shares():
    x = values(2, 4, 3)
    found = keeps_promises(lambda x: kernels.blend_along(x, BLENDS), x)
    expected = np.zeros((2, 2, 3))
    for n, i, j in np.ndindex(expected.shape):
        for row, a in ((BLENDS[1][0][i], 1 - BLENDS[1][2][i]), (BLENDS[1][1][i], BLENDS[1][2][i])):
            for column, b in ((BLENDS[2][0][j], 1 - BLENDS[2][2][j]), (BLENDS[2][1][j], BLENDS[2][2][j])):
                expected[n, i, j] += a * b * x[n, row, column]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_adding_back_is_the_transpose_of_blending():
    x, g = values(2, 4, 3), values(2, 2, 3)
    back = keeps_promises(lambda g: kernels.unblend_along(g, BLENDS, (2, 4, 3)), g)
    assert back.shape == x.shape
    assert inner(kernels.blend_along(x, BLENDS), g) == close(inner(x, back))


def test_without_axes_nothing_is_resized():
    x = values(2, 3)
    assert kernels.blend_along(x, {}) is x
    assert kernels.unblend_along(x, {}, x.shape) is x


def test_empty_batches():
    assert kernels.blend_along(np.zeros((0, 4, 3), "f4"), BLENDS).shape == (0, 2, 3)
    assert kernels.unblend_along(np.zeros((0, 2, 3), "f4"), BLENDS, (0, 4, 3)).dtype == "f4"


def test_nan_reaches_only_what_is_blended_from_it():
    x = np.ones((1, 4, 3))
    x[0, 2] = np.nan
    assert np.isfinite(kernels.blend_along(x, BLENDS)).all()
    x[0, 1] = np.nan
    assert np.isnan(kernels.blend_along(x, BLENDS))[0].all(1).tolist() == [False, True]
