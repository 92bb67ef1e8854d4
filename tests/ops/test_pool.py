"""Pooling: ties, NaN, padding that never wins, averages with and without it, and positions for adaptive maxima."""

import numpy as np
import pytest
from derivatives import gradients

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import from_numpy, ones, ones_like, tensor, zeros

NAN = float("nan")


HOW = {"kernel_size": (2, 2), "stride": (1, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}


def test_max_pool_gives_all_to_the_first_of_equal_elements():
    x = [[[[5.0, 5, 1, 1], [5, 5, 1, 2], [5, 5, 2, 2]]]]
    found = gradients(lambda x: ops.max_pool2d(x, **HOW), x)
    assert found == [[[[[1, 0, 0, 0], [1, 0, 0, 2], [0, 0, 0, 0]]]]]


def test_padding_never_wins_even_over_minus_infinity():
    how = HOW | {"padding": ((1, 0), (1, 1)), "stride": (2, 2)}
    x = tensor(np.full((1, 1, 3, 2), -np.inf), requires_grad=True)
    y = ops.max_pool2d(x, **how)
    assert np.isneginf(y.array).all()
    y.backward(ones_like(y))
    assert x.grad.array.sum() == y.numel()  # nothing is lost in the padding


@pytest.mark.parametrize("place", range(4))
def test_nan_wins_the_window_and_gets_the_gradient(place):
    x = np.arange(4.0).reshape(1, 1, 2, 2)
    x.flat[place] = NAN
    leaf = tensor(x, requires_grad=True)
    y = ops.max_pool2d(leaf, **HOW)
    assert np.isnan(y.item())
    y.backward()
    assert leaf.grad.array.ravel().tolist() == [float(i == place) for i in range(4)]


def test_the_last_of_several_nans_gets_the_gradient_as_in_pytorch():
    (found,) = gradients(lambda x: ops.max_pool2d(x, **HOW), [[[[1, NAN], [NAN, 2]]]])
    assert found == [[[[0, 0], [1, 0]]]]


def test_maxima_and_averages_are_those_of_the_windows():
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 7))[:, :, ::-1]
    how = {"kernel_size": (3, 2), "stride": (2, 3), "padding": ((1, 0), (0, 1)), "dilation": (1, 2)}
    padded = np.pad(x, ((0, 0), (0, 0), *how["padding"]), constant_values=-np.inf)
    y = ops.max_pool2d(from_numpy(x), **how).array
    for i, j in np.ndindex(y.shape[2:]):
        window = padded[:, :, 2 * i : 2 * i + 3, 3 * j : 3 * j + 3 : 2]
        np.testing.assert_array_equal(y[:, :, i, j], window.max((2, 3)))
    del how["dilation"]
    counted = ((1, 0), (0, 1))
    y = ops.avg_pool2d(x, **how, counted=counted, divisor_override=None)
    zeros_around = np.pad(x, ((0, 0), (0, 0), *counted))
    for i, j in np.ndindex(y.shape[2:]):
        window = zeros_around[:, :, 2 * i : 2 * i + 3, 3 * j : 3 * j + 2]
        np.testing.assert_allclose(y[:, :, i, j], window.mean((2, 3)), rtol=1e-12, atol=1e-15)


def test_an_average_may_leave_out_padding_or_divide_by_another_number():
    x = np.ones((1, 1, 2, 2))
    how = {"kernel_size": (2, 2), "stride": (2, 2), "padding": ((1, 1), (1, 1))}
    none = ((0, 0), (0, 0))
    assert ops.avg_pool2d(x, **how, counted=none, divisor_override=None).tolist() == [[[[1, 1], [1, 1]]]]
    assert ops.avg_pool2d(x, **how, counted=how["padding"], divisor_override=None).sum() == 1
    assert ops.avg_pool2d(x, **how, counted=none, divisor_override=8).sum() == 0.5


def test_one_axis_is_one_row_of_two():
    x = np.random.default_rng(0).standard_normal((2, 3, 9))
    one = {"kernel_size": (3,), "stride": (2,), "padding": ((1, 0),)}
    two = {"kernel_size": (1, 3), "stride": (1, 2), "padding": ((0, 0), (1, 0))}
    found = ops.max_pool1d(from_numpy(x), **one, dilation=(1,)).array
    np.testing.assert_array_equal(
        found, ops.max_pool2d(from_numpy(x[:, :, None]), **two, dilation=(1, 1)).array[:, :, 0]
    )
    found = ops.avg_pool1d(x, **one, counted=((1, 0),), divisor_override=None)
    expected = ops.avg_pool2d(x[:, :, None], **two, counted=((0, 0), (1, 0)), divisor_override=None)[:, :, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_adaptive_windows_cover_the_input_and_supply_the_positions_of_maxima():
    x = from_numpy(np.random.default_rng(0).standard_normal((2, 3, 5, 7))).requires_grad_()
    y = ops.adaptive_max_pool2d(x, output_size=(2, 3))
    positions = y.grad_fn.aux["positions"]
    np.testing.assert_array_equal(
        np.take_along_axis(x.array.reshape(2, 3, 35), positions.reshape(2, 3, 6), 2), y.array.reshape(2, 3, 6)
    )
    assert y.array[..., 0, 0].tolist() == x.array[..., :3, :3].max((2, 3)).tolist()
    y.sum().backward()
    assert x.grad.array.sum() == y.numel()
    means = ops.adaptive_avg_pool2d(x, output_size=(2, 3)).array
    np.testing.assert_allclose(means[..., 1, 2], x.array[..., 2:, 4:].mean((2, 3)), rtol=1e-12)


def test_no_values_are_saved_but_where_the_maxima_were():
    x = ones(1, 1, 4, 4, requires_grad=True)
    node = ops.max_pool2d(x, **HOW).grad_fn
    assert not isinstance(node.args[0], np.ndarray)
    assert (node.out, list(node.aux)) == (None, ["taps"])
    assert ops.adaptive_avg_pool2d(x, output_size=(2, 2)).grad_fn.saved is False


def test_an_empty_batch():
    x = zeros(0, 2, 4, 4, requires_grad=True)
    for y in (ops.max_pool2d(x, **HOW), ops.adaptive_max_pool2d(x, output_size=(2, 3))):
        assert y.shape == (0, 2, *y.shape[2:])
        assert grad(ops.sum(y), x)[0].shape == x.shape
