"""Convolution and its gradients against plain loops, over random geometry."""

import numpy as np
import op_references as ref
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_promises import close, convolution, geometries, inner, keeps_promises

from tinygrad_cnn import kernels
from tinygrad_cnn.kernels import conv


@given(geometries(least=-2))
@settings(max_examples=150, deadline=None)
def test_convolution_and_its_two_gradients(geometry):
    x, w, g, how = convolution(geometry)
    forward = inner(kernels.conv2d(x, w, None, **how), g)
    assert inner(x, kernels.conv2d_input(g, w, input_size=x.shape[2:], **how)) == close(forward)
    assert inner(w, kernels.conv2d_weight(x, g, kernel_size=w.shape[2:], **how)) == close(forward)


@given(geometries(least=-2))
@settings(max_examples=30, deadline=None)
def test_convolution_equals_the_loops(geometry):
    x, w, _, how = convolution(geometry)
    np.testing.assert_allclose(kernels.conv2d(x, w, None, **how), ref.conv2d(x, w, None, **how), atol=1e-12)


@given(geometries(), st.sampled_from([1, 700, 2000]))
@settings(max_examples=60, deadline=None)
def test_convolution_in_chunks_equals_convolution_at_once(geometry, limit):
    x, w, g, how = convolution(geometry)
    b = geometry.normal(len(w))

    def three():
        return (
            kernels.conv2d(x, w, b, **how),
            kernels.conv2d_input(g, w, input_size=x.shape[2:], **how),
            kernels.conv2d_weight(x, g, kernel_size=w.shape[2:], **how),
        )

    whole = three()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv, "_CHUNK_BYTES", limit)
        for chunked, expected in zip(three(), whole, strict=True):
            np.testing.assert_allclose(chunked, expected, rtol=1e-12, atol=1e-12)


def test_a_chunk_is_never_larger_than_the_limit_nor_empty(monkeypatch):
    monkeypatch.setattr(conv, "_CHUNK_BYTES", 100)
    assert [(part.start, part.stop) for part in conv._chunks(5, 40)] == [(0, 2), (2, 4), (4, 5)]
    assert [(part.start, part.stop) for part in conv._chunks(2, 1000)] == [(0, 1), (1, 2)]
    assert list(conv._chunks(0, 40)) == []


HOW = {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2), "groups": 2}


def values(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def test_the_bias_is_added_to_every_position():
    x, w, b = values(3, 4, 5, 7), values(6, 2, 3, 2), values(6)
    found = keeps_promises(lambda x, w, b: kernels.conv2d(x, w, b, **HOW), x, w, b)
    np.testing.assert_allclose(found, ref.conv2d(x, w, b, **HOW), rtol=1e-12)


def test_gradients_equal_the_loops():
    x, w = values(3, 4, 5, 7), values(6, 2, 3, 2)
    g = values(*kernels.conv2d(x, w, None, **HOW).shape)
    of_input = {**HOW, "input_size": (5, 7)}
    of_weight = {**HOW, "kernel_size": (3, 2)}
    found = keeps_promises(lambda g, w: kernels.conv2d_input(g, w, **of_input), g, w)
    np.testing.assert_allclose(found, ref.conv2d_input(g, w, **of_input), rtol=1e-12, atol=1e-12)
    found = keeps_promises(lambda x, g: kernels.conv2d_weight(x, g, **of_weight), x, g)
    np.testing.assert_allclose(found, ref.conv2d_weight(x, g, **of_weight), rtol=1e-12, atol=1e-12)


def test_rows_that_no_window_reaches_get_no_gradient():
    how = {"stride": (3, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    x, w = values(2, 1, 6, 4), values(1, 1, 2, 1)
    g = values(*kernels.conv2d(x, w, None, **how).shape)
    gx = kernels.conv2d_input(g, w, input_size=(6, 4), **how)
    assert not gx[:, :, [2, 5]].any()
    assert not gx[..., [1, 3]].any()
    np.testing.assert_allclose(
        kernels.conv2d_weight(x, g, kernel_size=(2, 1), **how), ref.conv2d_weight(x, g, kernel_size=(2, 1), **how)
    )


def test_one_axis_is_one_row_of_two():
    x, w, b = values(2, 4, 9), values(6, 2, 3), values(6)
    how = {"stride": (2,), "padding": ((1, 2),), "dilation": (2,), "groups": 2}
    found = keeps_promises(lambda x, w, b: kernels.conv1d(x, w, b, **how), x, w, b)
    wide = {"stride": (1, 2), "padding": ((0, 0), (1, 2)), "dilation": (1, 2), "groups": 2}
    np.testing.assert_allclose(found, ref.conv2d(x[:, :, None], w[:, :, None], b, **wide)[:, :, 0], rtol=1e-12)


def test_transposed_convolution_is_the_gradient_of_convolution_plus_the_bias():
    x, w, b = values(2, 4, 3, 2), values(4, 3, 3, 2), values(6)
    how = {**HOW, "input_size": (6, 4)}
    x = values(2, 4, *ref.out_shape(6, 4, (3, 2), HOW["stride"], HOW["padding"], HOW["dilation"]))
    found = keeps_promises(lambda x, w, b: kernels.conv_transpose2d(x, w, b, **how), x, w, b)
    np.testing.assert_allclose(found, ref.conv2d_input(x, w, **how) + b[:, None, None], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        kernels.conv_transpose2d(x, w, None, **how), ref.conv2d_input(x, w, **how), rtol=1e-12, atol=1e-12
    )


def test_an_empty_batch_gives_empty_outputs_and_no_gradient():
    x, w, b = values(0, 4, 5, 7), values(6, 2, 3, 2), values(6)
    y = kernels.conv2d(x, w, b, **HOW)
    assert y.shape == (0, *ref.conv2d(values(1, 4, 5, 7), w, b, **HOW).shape[1:])
    assert kernels.conv2d_input(y, w, input_size=(5, 7), **HOW).shape == x.shape
    gw = kernels.conv2d_weight(x, y, kernel_size=(3, 2), **HOW)
    assert gw.shape == w.shape
    assert not gw.any()


def test_one_element():
    how = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    x, w = np.full((1, 1, 1, 1), 3.0), np.full((1, 1, 1, 1), 5.0)
    assert kernels.conv2d(x, w, np.array([2.0]), **how).item() == 17
    assert kernels.conv2d_input(x, w, input_size=(1, 1), **how).item() == 15
    assert kernels.conv2d_weight(x, w, kernel_size=(1, 1), **how).item() == 15


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_reaches_the_windows_that_see_it_and_no_others(value):
    x, w = np.ones((1, 1, 5, 6)), np.ones((1, 1, 2, 2))
    x[0, 0, 2, 3] = value
    how = {"stride": (2, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    expected = np.full((2, 5), 4.0)
    expected[1, [2, 3]] = value
    with np.errstate(invalid="ignore"):  # which some libraries of matrix products raise for ∞
        found = kernels.conv2d(x, w, None, **how)[0, 0]
    np.testing.assert_array_equal(found, expected)
