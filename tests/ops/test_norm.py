"""Normalisation by its equations: mean 0 and variance 1, running statistics, gradients that are projections."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import from_numpy

SOURCE = np.random.default_rng(0)
X, G = SOURCE.standard_normal((4, 6, 5, 3)), SOURCE.standard_normal((4, 6, 5, 3))
W, B = SOURCE.standard_normal(6), SOURCE.standard_normal(6)
EPS = 1e-3


def standard(x, axes):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + EPS)


def output(op, *args, **attrs):
    return op(from_numpy(X), *args, **attrs).array


def along(values):
    return values[:, None, None]


def test_each_normalisation_follows_its_equation():
    batch = standard(X, (0, 2, 3)) * along(W) + along(B)
    np.testing.assert_allclose(output(ops.batch_norm, W, B, None, None, eps=EPS), batch, rtol=1e-9, atol=1e-12)
    w, b = SOURCE.standard_normal((2, 5, 3))
    layer = standard(X, (2, 3)) * w + b
    found = output(ops.layer_norm, w, b, normalized_shape=(5, 3), eps=EPS)
    np.testing.assert_allclose(found, layer, rtol=1e-9, atol=1e-12)
    groups = standard(X.reshape(4, 3, -1), 2).reshape(X.shape) * along(W) + along(B)
    np.testing.assert_allclose(output(ops.group_norm, W, B, num_groups=3, eps=EPS), groups, rtol=1e-9, atol=1e-12)


def test_given_statistics_replace_those_of_the_batch():
    mean, var = SOURCE.standard_normal(6), SOURCE.uniform(1, 2, 6)
    expected = (X - along(mean)) / np.sqrt(along(var) + EPS) * along(W) + along(B)
    np.testing.assert_allclose(output(ops.batch_norm, W, B, mean, var, eps=EPS), expected, rtol=1e-9, atol=1e-12)


def test_the_gradient_has_no_part_along_the_mean_and_little_along_the_normal():
    x = from_numpy(X).requires_grad_()
    (gx,) = grad(ops.batch_norm(x, None, None, None, None, eps=0.0), x, from_numpy(G))
    np.testing.assert_allclose(gx.array.sum((0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose((gx.array * X).sum((0, 2, 3)), 0, atol=1e-11)


def test_the_projection_is_its_own_transpose():
    how = {
        "dims": (0, 2, 3),
        "eps": EPS,
        "mean": X.mean((0, 2, 3), keepdims=True),
        "var": X.var((0, 2, 3), keepdims=True),
    }
    u = SOURCE.standard_normal(X.shape)
    left = (u * ops.standardize_input(G, X, None, **how)).sum()
    assert left == pytest.approx((G * ops.standardize_input(u, X, None, **how)).sum())


def test_gradients_of_weight_and_bias():
    x, w, b = from_numpy(X), from_numpy(W).requires_grad_(), from_numpy(B).requires_grad_()
    y = ops.batch_norm(x, w, b, None, None, eps=EPS)
    gw, gb = grad(y, [w, b], from_numpy(G))
    np.testing.assert_allclose(gw.array, (G * standard(X, (0, 2, 3))).sum((0, 2, 3)), rtol=1e-9)
    np.testing.assert_allclose(gb.array, G.sum((0, 2, 3)), rtol=1e-12)


def test_the_bias_is_never_saved_and_the_statistics_are():
    x, b = from_numpy(X).requires_grad_(), from_numpy(B).requires_grad_()
    node = ops.batch_norm(x, None, b, None, None, eps=EPS).grad_fn
    assert node.args[0] is x.array
    assert not isinstance(node.args[2], np.ndarray)
    assert set(node.aux) == {"batch_mean", "batch_var"}
    assert node.out is None
