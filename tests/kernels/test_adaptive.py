"""Pooling to a given output size against plain loops over the windows."""

from math import ceil, floor

import numpy as np
import pytest
from kernel_promises import close, inner, keeps_promises

from tinygrad_cnn import kernels

SIZES = [((5, 7), (3, 2)), ((4, 6), (2, 3)), ((2, 3), (5, 7)), ((1, 1), (3, 1)), ((3, 5), (1, 1)), ((6, 4), (6, 4))]


def values(*shape):
    return np.random.default_rng(shape).standard_normal(shape)


def spans(size, outputs):
    return [(floor(i * size / outputs), ceil((i + 1) * size / outputs)) for i in range(outputs)]


def over_windows(x, output_size, reduce):
    """Return `reduce` of each window, (N, C, OH, OW)."""
    y = np.zeros((*x.shape[:2], *output_size))
    for i, (top, bottom) in enumerate(spans(x.shape[2], output_size[0])):
        for j, (left, right) in enumerate(spans(x.shape[3], output_size[1])):
            for n, c in np.ndindex(x.shape[:2]):
                y[n, c, i, j] = reduce(x[n, c, top:bottom, left:right])
    return y


@pytest.mark.parametrize(("size", "outputs"), SIZES)
def test_means_equal_the_loops(size, outputs):
    x = values(2, 3, *size)
    found = keeps_promises(lambda x: kernels.adaptive_avg_pool2d(x, output_size=outputs), x)
    np.testing.assert_allclose(found, over_windows(x, outputs, np.mean), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("size", "outputs"), SIZES)
def test_the_gradient_of_means_is_their_transpose(size, outputs):
    x, g = values(2, 3, *size), values(2, 3, *outputs)
    back = keeps_promises(lambda g: kernels.adaptive_avg_pool2d_input(g, input_size=size), g)
    assert inner(kernels.adaptive_avg_pool2d(x, output_size=outputs), g) == close(inner(x, back))


@pytest.mark.parametrize(("size", "outputs"), SIZES)
def test_the_largest_of_each_window_and_its_position_in_the_plane(size, outputs):
    x = values(2, 3, *size)
    found, positions = keeps_promises(lambda x: kernels.adaptive_max_pool2d(x, output_size=outputs), x)
    np.testing.assert_array_equal(found, over_windows(x, outputs, np.max))
    plane = np.broadcast_to(np.arange(size[0] * size[1]).reshape(size), x.shape)
    largest = np.where(np.isin(x, found), plane, -1)
    assert positions.dtype == np.int64
    for n, c in np.ndindex(2, 3):
        assert set(positions[n, c].ravel()) <= set(largest[n, c].ravel())
        np.testing.assert_array_equal(x[n, c].ravel()[positions[n, c]], found[n, c])


def test_the_first_of_equals_wins_and_nan_over_everything():
    x = np.array([[1.0, 1, 3, np.nan], [1, 0, np.inf, 9]]).reshape(1, 1, 2, 4)
    found, positions = kernels.adaptive_max_pool2d(x, output_size=(1, 2))
    np.testing.assert_array_equal(found.ravel(), [1, np.nan])
    assert positions.ravel().tolist() == [0, 3]


@pytest.mark.parametrize(
    ("shape", "outputs"),
    [((0, 2, 3, 4), (2, 2)), ((2, 0, 3, 4), (2, 2)), ((2, 2, 3, 4), (0, 2)), ((1, 1, 3, 4), (2, 0))],
)
def test_without_images_channels_or_outputs_there_is_nothing(shape, outputs):
    x = np.ones(shape, "f4")
    y = kernels.adaptive_avg_pool2d(x, output_size=outputs)
    largest, positions = kernels.adaptive_max_pool2d(x, output_size=outputs)
    assert y.shape == largest.shape == positions.shape == (*shape[:2], *outputs)
    assert (y.dtype, largest.dtype, positions.dtype) == ("f4", "f4", "i8")
    back = kernels.adaptive_avg_pool2d_input(y, input_size=(3, 4))
    assert (back.shape, back.dtype) == (shape, "f4")
    assert not back.any()


def test_what_is_not_finite_stays_in_its_windows():
    x = np.ones((1, 1, 4, 4))
    x[0, 0, 0, 0], x[0, 0, 3, 3] = np.nan, np.inf
    found = kernels.adaptive_avg_pool2d(x, output_size=(2, 2))
    np.testing.assert_array_equal(found[0, 0], [[np.nan, 1], [1, np.inf]])
