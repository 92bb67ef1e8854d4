"""Convolution by its definition, its gradients as transposes of it, and what each saves."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.creation import from_numpy

HOW = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
SOURCE = np.random.default_rng(0)
X, W, B = SOURCE.standard_normal((2, 4, 5, 7)), SOURCE.standard_normal((6, 2, 3, 2)), SOURCE.standard_normal(6)


def by_definition(x, w, b, stride, padding, dilation, groups):
    """Compute y[n, o, i, j] = b[o] + Σ w[o, c, k, l] · x[n, c, i · stride + k · dilation, …] term by term."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    n, _, h, width = x.shape
    o, c, kh, kw = w.shape
    (sh, sw), (dh, dw) = stride, dilation
    y = np.zeros((n, o, (h - dh * (kh - 1) - 1) // sh + 1, (width - dw * (kw - 1) - 1) // sw + 1))
    for a, f, i, j in np.ndindex(y.shape):
        first = f // (o // groups) * c
        window = x[a, first : first + c, i * sh : i * sh + dh * kh : dh, j * sw : j * sw + dw * kw : dw]
        y[a, f, i, j] = b[f] + (w[f] * window[:, :kh, :kw]).sum()
    return y


def test_values_follow_the_definition():
    expected = by_definition(X, W, B, **HOW)
    np.testing.assert_allclose(ops.conv2d(X, W, B, **HOW), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ops.conv2d(X, W, None, **HOW), by_definition(X, W, 0 * B, **HOW), rtol=1e-12, atol=1e-12)


def test_the_gradients_are_transposes_of_the_convolution():
    y = ops.conv2d(X, W, None, **HOW)
    g = SOURCE.standard_normal(y.shape)
    gx = ops.conv2d_input(g, W, input_size=(5, 7), **HOW)
    gw = ops.conv2d_weight(X, g, kernel_size=(3, 2), **HOW)
    assert (gx * X).sum() == pytest.approx((g * y).sum())
    assert (gw * W).sum() == pytest.approx((g * y).sum())
    np.testing.assert_array_equal(gx, ops.conv_transpose2d(g, W, None, input_size=(5, 7), **HOW))


def test_one_axis_is_one_row_of_two():
    how = {"stride": (2,), "padding": ((1, 2),), "dilation": (2,), "groups": 2}
    two = {"stride": (1, 2), "padding": ((0, 0), (1, 2)), "dilation": (1, 2), "groups": 2}
    y = ops.conv1d(X[:, :, 0], W[:, :, 0], B, **how)
    np.testing.assert_allclose(y, ops.conv2d(X[:, :, :1], W[:, :, :1], B, **two)[:, :, 0], rtol=1e-12, atol=1e-12)


def test_what_is_saved_is_what_the_wanted_gradients_read():
    x, w = from_numpy(X), from_numpy(W).requires_grad_()
    node = ops.conv2d(x, w, None, **HOW).grad_fn
    assert node.args[0] is x.array
    assert not isinstance(node.args[1], np.ndarray)
    x.requires_grad_()
    node = ops.conv2d(x, w.detach(), None, **HOW).grad_fn
    assert not isinstance(node.args[0], np.ndarray)
    assert node.out is None


def test_an_empty_batch_has_an_empty_result_and_zero_gradients():
    x, w = from_numpy(X[:0]).requires_grad_(), from_numpy(W).requires_grad_()
    y = ops.conv2d(x, w, None, **HOW)
    assert y.shape == (0, 6, 2, 7)
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert not w.grad.array.any()
