"""Pooling and its gradients against plain loops, over random geometry."""

import numpy as np
import op_references as ref
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_promises import close, geometries, inner, keeps_promises

from tinygrad_cnn import kernels


@given(geometries(dilated=False), st.sampled_from(["all", "none", "part"]), st.sampled_from([None, 3]))
@settings(max_examples=100, deadline=None)
def test_average_pooling_and_its_gradient(geometry, counting, divisor):
    padding = geometry.padding
    counted = {
        "all": padding,
        "none": ((0, 0), (0, 0)),
        "part": tuple((before, after // 2) for before, after in padding),
    }[counting]
    counts = ref._window_counts(
        (geometry.h, geometry.w), geometry.kernel_size, geometry.stride, padding, counted, divisor
    )
    if not counts.all():  # a window on the padding alone has no average
        return
    how = {
        "kernel_size": geometry.kernel_size,
        "stride": geometry.stride,
        "padding": padding,
        "counted": counted,
        "divisor_override": divisor,
    }
    x = geometry.normal(geometry.n, geometry.c, geometry.h, geometry.w)
    y = kernels.avg_pool2d(x, **how)
    np.testing.assert_allclose(y, ref.avg_pool2d(x, **how), atol=1e-12)
    g = geometry.normal(*y.shape)
    assert inner(x, kernels.avg_pool2d_input(g, input_size=x.shape[2:], **how)) == close(inner(y, g))


@given(geometries())
@settings(max_examples=100, deadline=None)
def test_max_pooling_scatters_and_gathers_by_the_same_winners(geometry):
    how = {"kernel_size": geometry.kernel_size, **geometry.how}
    x = geometry.normal(geometry.n, geometry.c, geometry.h, geometry.w)
    y, taps = kernels.max_pool2d(x, **how)
    expected, winners, flat = ref.max_taps(x, **how)
    np.testing.assert_array_equal(y, expected)
    seen = np.isfinite(expected)  # windows on the padding alone have no winner
    np.testing.assert_array_equal(taps[seen], winners[seen])
    if not seen.all():
        return
    np.testing.assert_array_equal(kernels.max_pool2d_gather(x, taps, **how), y)
    np.testing.assert_array_equal(kernels.max_pool2d_positions(taps, input_size=x.shape[2:], **how), flat)
    g = geometry.normal(*y.shape)
    other = geometry.normal(*x.shape, 1)[..., 0]
    spread = kernels.max_pool2d_scatter(g, taps, input_size=x.shape[2:], **how)
    assert inner(other, spread) == close(inner(kernels.max_pool2d_gather(other, taps, **how), g))


HOW = {"kernel_size": (3, 2), "stride": (2, 3), "padding": ((1, 1), (0, 1)), "dilation": (1, 2)}
MEAN = {"kernel_size": (3, 2), "stride": (2, 3), "padding": ((1, 1), (0, 1)), "counted": ((1, 0), (0, 1))}


def values(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def test_the_largest_of_each_window_and_its_tap():
    x = values(2, 3, 5, 7)
    y, taps = keeps_promises(lambda x: kernels.max_pool2d(x, **HOW), x)
    expected, winners, _ = ref.max_taps(x, **HOW)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(taps, winners)
    assert taps.dtype == np.uint8


def test_the_winners_tap_has_room_in_its_dtype():
    x = np.zeros((1, 1, 20, 20))
    x[0, 0, 19, 19] = 1
    how = {"kernel_size": (20, 20), "stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
    y, taps = kernels.max_pool2d(x, **how)
    assert (y.item(), taps.item(), taps.dtype) == (1, 399, np.uint16)
    assert kernels.max_pool2d_positions(taps, input_size=(20, 20), **how).item() == 399


PLAIN = {"kernel_size": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}


@pytest.mark.parametrize(
    ("window", "largest", "tap"),
    [
        ([1, 1, 1, 1], 1, 0),
        ([0, 2, 2, 1], 2, 1),
        ([-np.inf] * 4, -np.inf, 0),
        ([np.inf, np.nan, 1, 2], np.nan, 1),
        ([np.nan, 1, np.nan, 2], np.nan, 2),  # the last one, as in PyTorch
        ([-np.inf, -np.inf, -5, -np.inf], -5, 2),
        ([-0.0, 0.0, -0.0, 0.0], 0, 0),
    ],
)
def test_the_first_of_equals_wins_and_nan_over_everything(window, largest, tap):
    y, taps = kernels.max_pool2d(np.reshape(np.array(window, float), (1, 1, 2, 2)), **PLAIN)
    np.testing.assert_array_equal(y.item(), largest)
    assert taps.item() == tap


@pytest.mark.parametrize("dtype", ["i4", "u1"])
def test_padding_never_wins_over_integers(dtype):
    x = np.full((1, 1, 2, 2), np.iinfo(dtype).min, dtype)
    y, taps = kernels.max_pool2d(x, **{**PLAIN, "padding": ((1, 1), (1, 1))})
    assert y.dtype == dtype
    assert (y == np.iinfo(dtype).min).all()
    assert taps.ravel().tolist() == [3, 2, 1, 0]


def test_an_empty_batch_has_no_windows():
    y, taps = kernels.max_pool2d(values(0, 3, 5, 7), **HOW)
    assert y.shape == taps.shape == (0, 3, 3, 2)
    assert kernels.max_pool2d_scatter(y, taps, input_size=(5, 7), **HOW).shape == (0, 3, 5, 7)
    assert kernels.avg_pool2d(values(0, 3, 5, 7), **MEAN, divisor_override=None).shape == (0, 3, 3, 3)


def test_one_axis_is_one_row_of_two():
    x = values(2, 3, 9)
    how = {"kernel_size": (3,), "stride": (2,), "padding": ((1, 0),), "dilation": (2,)}
    wide = {"kernel_size": (1, 3), "stride": (1, 2), "padding": ((0, 0), (1, 0)), "dilation": (1, 2)}
    y, taps = keeps_promises(lambda x: kernels.max_pool1d(x, **how), x)
    expected, winners, _ = ref.max_taps(x[:, :, None], **wide)
    np.testing.assert_array_equal(y, expected[:, :, 0])
    np.testing.assert_array_equal(taps, winners[:, :, 0])
    mean = {"kernel_size": (3,), "stride": (2,), "padding": ((1, 0),), "counted": ((0, 0),), "divisor_override": None}
    wide = {
        name: (((0, 0), *one) if name in ("padding", "counted") else (1, *one)) for name, one in mean.items() if one
    }
    found = keeps_promises(lambda x: kernels.avg_pool1d(x, **mean), x)
    np.testing.assert_allclose(found, ref.avg_pool2d(x[:, :, None], **wide, divisor_override=None)[:, :, 0])


@pytest.mark.parametrize("divisor", [None, 5])
def test_the_mean_counts_what_is_counted(divisor):
    x, how = values(2, 3, 5, 7), {**MEAN, "divisor_override": divisor}
    found = keeps_promises(lambda x: kernels.avg_pool2d(x, **how), x)
    np.testing.assert_allclose(found, ref.avg_pool2d(x, **how), rtol=1e-12)
    g = values(*found.shape)
    back = keeps_promises(lambda g: kernels.avg_pool2d_input(g, input_size=(5, 7), **how), g)
    np.testing.assert_allclose(back, ref.avg_pool2d_input(g, input_size=(5, 7), **how), rtol=1e-12)


def test_means_of_integers_round_toward_zero():
    x = np.array([[-3, -4], [0, 0]]).reshape(1, 1, 2, 2)
    how = {"kernel_size": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "counted": ((0, 0), (0, 0))}
    for sign, expected in ((1, -1), (-1, 1)):
        found = kernels.avg_pool2d(sign * x, **how, divisor_override=None)
        assert (found.item(), found.dtype) == (expected, np.int64)


def test_large_windows_of_float32_are_added_in_float64():
    x = np.full((1, 1, 100, 1000), 0.1, "f4")
    how = {"kernel_size": (100, 1000), "stride": (1, 1), "padding": ((0, 0), (0, 0)), "counted": ((0, 0), (0, 0))}
    found = kernels.avg_pool2d(x, **how, divisor_override=None)
    assert found.dtype == "f4"
    np.testing.assert_allclose(found.item(), np.float32(0.1), rtol=1e-7)


def test_nan_reaches_the_means_that_see_it_and_no_others():
    x = np.ones((1, 1, 2, 4))
    x[0, 0, 0, 0] = np.nan
    how = {"kernel_size": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "counted": ((0, 0), (0, 0))}
    np.testing.assert_array_equal(kernels.avg_pool2d(x, **how, divisor_override=None).ravel(), [np.nan, 1])
