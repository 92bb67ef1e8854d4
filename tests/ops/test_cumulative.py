"""Running sums and products: zeros among the factors, long sums, dtypes, and axes."""

import math

import numpy as np
import pytest
from derivatives import gradients, leaf
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import ones, tensor, zeros


def test_values_are_those_of_numpy_along_every_axis():
    x = np.random.default_rng(0).standard_normal((3, 5, 4))[:, ::2]
    for dim in (0, 1, 2, -1):
        np.testing.assert_allclose(ops.cumsum(x, dim), np.cumsum(x, dim), rtol=1e-12)
        np.testing.assert_allclose(ops.cumprod(x, dim), np.cumprod(x, dim), rtol=1e-12)


@given(st.lists(st.sampled_from([0.0, 1.0, -2.0, 3.0]), min_size=1, max_size=7))
@settings(max_examples=40, deadline=None)
def test_the_gradient_of_running_products_is_exact_where_factors_are_zero(values):
    n = len(values)
    expected = [float(sum(math.prod(values[j] for j in range(i + 1) if j != k) for i in range(k, n))) for k in range(n)]
    assert gradients(lambda x: ops.cumprod(x, 0), values) == [expected]


def test_the_gradient_of_running_sums_runs_backwards():
    x = leaf([1.0, 2.0, 3.0])
    assert grad(ops.cumsum(x, 0), x, leaf([1.0, 10.0, 100.0]))[0].tolist() == [111, 110, 100]
    assert ops.cumsum(x, 0).grad_fn.saved is False


def test_dtypes():
    assert ops.cumsum(tensor([True, True]), 0).tolist() == [1, 2]
    assert ops.cumsum(tensor([200, 100], dtype="uint8"), 0).tolist() == [200, 300]
    assert ops.cumprod(tensor([2, 3], dtype="int8"), 0).dtype == np.int64
    assert ops.cumsum(tensor([1.5, 1.5]), 0, dtype="int32").tolist() == [1, 2]
    assert ops.cumprod(tensor([1.5, 2.0]), 0, dtype="float64").dtype == np.float64


def test_a_long_sum_of_float32_does_not_drift():
    x = np.full(1_000_000, 0.1, np.float32)
    assert ops.cumsum(x, 0)[-1] == pytest.approx(1e5, rel=1e-6)


def test_scalars_and_nothing():
    for op in (ops.cumsum, ops.cumprod):
        assert op(tensor(3.0), 0).shape == ()
        assert op(zeros(0, 2), 0).shape == (0, 2)
        assert not np.shares_memory(op(ones(1), 0).array, ones(1).array)
        with pytest.raises(IndexError, match=rf"{op.__name__}: expected dim in \[-1, 0\]"):
            op(ones(2), 1)
