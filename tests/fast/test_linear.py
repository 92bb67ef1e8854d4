"""The affine map and its gradients: the compiled forms equal NumPy's in double precision, for any layout in memory."""

import numpy as np
import pytest
from guarded import Guarded, beside_nan
from hypothesis import given, settings
from kernel_forms import falls_back, float32, form_of, needs_compiler, same_bits_on_any_threads, spread_out
from matrices import LAYOUT, LAYOUTS, SHAPES, near_product, some_shapes

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, ops
from tinygrad_cnn.backends.kernels import kernels_of

pytestmark = needs_compiler


@some_shapes
@settings(max_examples=60)
@given(SHAPES, LAYOUT, LAYOUT)
def test_linear(shape, layout_x, layout_w):
    n, k, m = shape
    x, w, b = LAYOUTS[layout_x](float32(0, n, k)), LAYOUTS[layout_w](float32(1, m, k)), float32(2, m)
    near_product(form_of("linear")(x, w, None), x, w.T)
    plain = form_of("linear")(x, w, spread_out(b))
    near_product(plain, x, w.T, plus=b)
    np.testing.assert_array_equal(form_of("linear")(x, w, b, relu=True), np.maximum(plain, 0))


@some_shapes
@settings(max_examples=60)
@given(SHAPES, LAYOUT, LAYOUT)
def test_gradients_of_linear(shape, layout_x, layout_w):
    n, k, m = shape
    x, w = LAYOUTS[layout_x](float32(0, n, k)), LAYOUTS[layout_w](float32(1, m, k))
    g = LAYOUTS[layout_x](float32(2, n, m))
    gx, gw, gb = form_of("linear_gradients")([True] * 3, g, None, None, x, w, None)
    near_product(gx, g, w)
    near_product(gw, g.T, x)
    near_product(gb[None], np.ones((1, n), np.float32), g)
    for i, expected in enumerate((gx, gw, gb)):
        wanted = [k == i for k in range(3)]
        found = form_of("linear_gradients")(wanted, g, None, None, x if i == 1 else None, w if i == 0 else None, None)
        assert [one is not None for one in found] == wanted
        np.testing.assert_array_equal(found[i], expected)


@pytest.mark.parametrize("which", range(3))
def test_one_array_alone_that_is_not_contiguous(which):
    arrays = [float32(0, 6, 5), float32(1, 6, 7), float32(2, 5, 7)]

    def results():
        g, x, w = arrays
        each = [form_of("linear_gradients")([k == i for k in range(3)], g, None, None, x, w, None) for i in range(3)]
        return [each[i][i] for i in range(3)]

    expected = results()
    arrays[which] = spread_out(arrays[which])
    for one, other in zip(results(), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("lead", [(), (5,), (2, 3), (2, 3, 4)])
def test_inputs_of_any_number_of_axes(lead):
    x, w, b, g = float32(0, *lead, 7), float32(1, 9, 7), float32(2, 9), float32(3, *lead, 9)
    y = form_of("linear")(x, w, b)
    assert y.shape == (*lead, 9)
    np.testing.assert_allclose(y, x @ w.T + b, rtol=1e-5, atol=1e-6)
    gx, gw, gb = form_of("linear_gradients")([True] * 3, g, None, None, x, w, b)
    np.testing.assert_allclose(gx, g @ w, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gw, g.reshape(-1, 9).T @ x.reshape(-1, 7), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gb, g.reshape(-1, 9).sum(0), rtol=1e-5, atol=1e-5)


def test_sums_of_many_rows_are_as_accurate_as_sums_in_double_precision():
    g = float32(0, 30000, 37) + np.float32(100)
    _, _, gb = form_of("linear_gradients")([False, False, True], g, None, None, None, None, None)
    exact = g.astype(np.float64).sum(0)
    assert abs(gb - exact).max() < 1e-6 * abs(exact).max()


@settings(max_examples=60)
@given(SHAPES)
def test_nothing_is_written_beside_results_nor_depends_on_what_lies_beside_arrays(shape):
    from tinygrad_cnn.fast import linear

    n, k, m = shape
    x, w, b, g = map(beside_nan, (float32(0, n, k), float32(2, m, k), float32(3, m), float32(4, n, m)))
    guarded, gradients = Guarded(), form_of("linear_gradients")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "empty", guarded.empty)
        results = [linear.linear(x, w, b), *gradients([True] * 3, g, None, None, x, w, b)]
    assert len(guarded.wholes) == 4
    assert all(np.isfinite(one).all() for one in results)
    guarded.check()


def test_nan_and_infinities_spoil_their_row_only_and_a_relu_keeps_nan():
    x, w = float32(0, 20, 40), float32(1, 60, 40)
    x[3, 5], x[4, 0] = np.nan, np.inf
    plain, rectified = form_of("linear")(x, w, None), form_of("linear")(x, w, None, relu=True)
    assert np.isnan(plain[3]).all()
    assert not np.isfinite(plain[4]).any()
    assert np.isfinite(np.delete(plain, [3, 4], 0)).all()
    np.testing.assert_array_equal(rectified, np.maximum(plain, 0))


def test_any_number_of_threads_gives_the_same_bits():
    x, w, b, g = float32(0, 150, 600), float32(1, 210, 600), float32(3, 210), float32(2, 150, 210)
    linear, gradients = form_of("linear"), form_of("linear_gradients")
    same_bits_on_any_threads(lambda: (linear(x, w, b), *gradients([True] * 3, g, None, None, x, w, b)))


def test_what_is_left_to_numpy():
    x, w = float32(0, 4, 5), float32(2, 6, 5)
    assert falls_back("linear", x[:0], w, None)
    assert falls_back("linear", x[:, :4], w, None)
    assert falls_back("linear", x, w, np.ones(6))
    far = np.broadcast_to(np.float32(1), (2**29, 5))  # beyond 32-bit offsets; takes no memory
    assert falls_back("linear", float32(0, 1, 5), far, None)
    gradients, g = form_of("linear_gradients"), float32(3, 4, 6)
    assert gradients([True] * 3, g.astype(np.float64), None, None, x, w, None) is None
    assert gradients([True] * 3, g, g, None, x, w, None) is None  # the mask of a ReLU
    assert gradients([True] * 3, g[:0], None, None, x[:0], w, None) is None
    with kernels_of("compiled"):
        assert ops.linear.kernel(x[:0], w, None).shape == (0, 6)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_network_that_begins_with_a_linear_layer_learns(hidden):
    """Its input needs no gradient, so the gradients need no weight."""
    tc.manual_seed(0)  # not with all of the hidden units shut
    model = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)) if hidden else nn.Linear(6, 3)
    with kernels_of("compiled"):
        F.cross_entropy(model(tc.ones(2, 6)), tc.tensor([0, 2])).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
