"""Reductions as methods: the operations of their names, NumPy's names of arguments, and softmax along an axis."""

import numpy as np
import pytest

import tinygrad_cnn as tg

ARRAY = np.array([[0.5, -2.0, 3.0], [1.5, 0.0, -1.0]])
X = tg.tensor(ARRAY)


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "prod", "all", "any"])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_along_an_axis(name, dim):
    expected = getattr(np, name)(ARRAY, axis=dim, keepdims=True)
    np.testing.assert_allclose(getattr(X, name)(dim, True).array, expected)
    np.testing.assert_allclose(getattr(X, name)(axis=dim, keepdims=True).array, expected)
    np.testing.assert_allclose(getattr(X, name)().array, getattr(np, name)(ARRAY))


@pytest.mark.parametrize(("name", "better"), [("max", np.maximum), ("min", np.minimum)])
def test_extremes_in_three_forms(name, better):
    whole = getattr(X, name)
    assert whole().item() == getattr(ARRAY, name)()
    values, indices = whole(1)
    np.testing.assert_array_equal(values.array, getattr(ARRAY, name)(1))
    np.testing.assert_array_equal(indices.array, getattr(ARRAY, f"arg{name}")(1))
    np.testing.assert_array_equal(whole(tg.zeros(3, dtype=tg.float64)).array, better(ARRAY, 0))
    np.testing.assert_array_equal(
        getattr(X, f"arg{name}")(0, True).array, getattr(ARRAY, f"arg{name}")(0, keepdims=True)
    )


def test_spread_and_size():
    np.testing.assert_allclose(X.var(1).array, ARRAY.var(1, ddof=1))
    np.testing.assert_allclose(X.std(0, correction=0).array, ARRAY.std(0))
    np.testing.assert_allclose(X.var(False).array, ARRAY.var())
    np.testing.assert_allclose(X.norm(1, 1, True).array, np.abs(ARRAY).sum(1, keepdims=True))
    assert X.norm(dtype=tg.float32).dtype == tg.float32


def test_running_sums_and_products():
    np.testing.assert_allclose(X.cumsum(1).array, ARRAY.cumsum(1))
    np.testing.assert_allclose(X.cumprod(axis=0).array, ARRAY.cumprod(0))
    assert X.cumsum(0, dtype=tg.float32).dtype == tg.float32


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_softmax_along_an_axis(dim):
    e = np.exp(ARRAY)
    np.testing.assert_allclose(X.softmax(dim).array, e / e.sum(dim, keepdims=True))
    np.testing.assert_allclose(X.log_softmax(dim).array, np.log(e / e.sum(dim, keepdims=True)), atol=1e-15)
    np.testing.assert_allclose(X.logsumexp(dim).array, np.log(e.sum(dim)))
    assert tg.tensor([1, 2]).softmax(0, dtype=tg.float64).dtype == tg.float64


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_an_axis_that_does_not_exist_is_refused(name):
    with pytest.raises(IndexError, match=rf"{name}: expected dim in \[-2, 1\] for a 2-d tensor, got 2"):
        getattr(X, name)(2)
