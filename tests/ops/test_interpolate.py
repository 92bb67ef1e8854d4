"""Resizing: copies and blends by their formulas, corners, and the transpose."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import from_numpy, zeros

X = np.random.default_rng(0).standard_normal((2, 3, 4, 7))


def linear(row, outputs, align):
    """Resize a vector by the formula: position (i + ½) · size / outputs − ½, or i · (size − 1) / (outputs − 1)."""
    size = len(row)
    i = np.arange(outputs)
    at = i * ((size - 1) / max(outputs - 1, 1)) if align else np.maximum((i + 0.5) * size / outputs - 0.5, 0)
    return np.interp(at, np.arange(size), row)


@pytest.mark.parametrize("outputs", [1, 3, 7, 11])
@pytest.mark.parametrize("align", [False, True])
def test_linear_resizing_blends_the_two_neighbours(outputs, align):
    how = {"output_size": (4, outputs), "scale_factor": (None, None), "mode": "linear", "align_corners": align}
    expected = np.apply_along_axis(linear, 3, X, outputs, align)
    np.testing.assert_allclose(ops.interpolate(X, **how), expected, rtol=1e-9, atol=1e-9)


def test_nearest_resizing_copies_the_position_below():
    y = ops.interpolate(X, output_size=(8, 5), scale_factor=(None, None))
    np.testing.assert_array_equal(y, X[:, :, np.arange(8) // 2][..., np.arange(5) * 7 // 5])
    assert ops.interpolate(X, output_size=(4, 2), scale_factor=(None, 0.4)).shape == (2, 3, 4, 2)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_the_gradient_is_the_transpose_and_saves_nothing(mode):
    how = {"scale_factor": (None, None), "mode": mode, "align_corners": False}
    x = from_numpy(X).requires_grad_()
    y = ops.interpolate(x, output_size=(3, 9), **how)
    assert y.grad_fn.saved is False
    g = np.random.default_rng(1).standard_normal(y.shape)
    gx = ops.interpolate_input(g, input_size=(4, 7), **how)
    assert (gx * X).sum() == pytest.approx((g * y.array).sum())
    np.testing.assert_array_equal(grad(y, x, from_numpy(g))[0].array, gx)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_and_empty_batches_stay(dtype):
    for mode in ("nearest", "linear"):
        y = ops.interpolate(zeros(0, 2, 3, dtype=dtype), output_size=(5,), scale_factor=(None,), mode=mode)
        assert (y.shape, y.dtype) == ((0, 2, 5), dtype)
