"""Products: zeros among the factors at both orders, many factors, nothing, dtypes."""

import math

import numpy as np
import pytest
from derivatives import gradients, second_order
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones, tensor, zeros


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, -2.0, 3.0]), min_size=1, max_size=9))
def test_both_orders_of_a_product_are_the_products_of_the_others(values):
    n = len(values)
    others = lambda *left: math.prod(value for i, value in enumerate(values) if i not in left)  # noqa: E731
    assert gradients(ops.prod, values)[0] == [others(i) for i in range(n)]
    expected = [[0.0 if i == j else others(i, j) for j in range(n)] for i in range(n)]
    assert second_order(ops.prod, values) == expected if n > 1 else True


def test_the_product_of_nothing_is_one():
    assert ops.prod(zeros(0)).item() == 1
    assert ops.prod(zeros(2, 0), 1).tolist() == [1, 1]
    assert gradients(lambda x: ops.prod(x, 1), np.zeros((2, 0)))[0] == [[], []]


def test_many_factors_do_not_recurse_deeply():
    assert gradients(ops.prod, np.ones(100_001))[0] == [1] * 100_001


def test_values_are_those_of_numpy_along_an_axis():
    x = np.random.default_rng(0).standard_normal((3, 5, 4))[:, ::2]
    for dim in (0, 1, -1):
        np.testing.assert_allclose(ops.prod(x, dim), x.prod(dim), rtol=1e-12)
        np.testing.assert_allclose(ops.prod(x, dim, keepdim=True), x.prod(dim, keepdims=True), rtol=1e-12)
    assert ops.prod(x).item() == pytest.approx(x.prod())


def test_others_are_the_products_of_all_others():
    from tinygrad_cnn.ops.product import others

    for n in (1, 2, 5, 8):
        x = np.arange(1.0, n + 1)
        np.testing.assert_allclose(others(x), x.prod() / x, rtol=1e-12)


def test_dtypes_and_axes():
    assert ops.prod(tensor([True, True])).dtype == np.int64
    assert ops.prod(tensor([100, 100], dtype="uint8")).item() == 10_000
    assert ops.prod(tensor([2, 3]), dtype="float32").dtype == np.float32
    assert ops.prod(tensor(3.0), 0, keepdim=True).shape == ()
    with pytest.raises(TypeError, match=r"prod: expected dim as an int, got \(0,\)"):
        ops.prod(ones(2), (0,))
    with pytest.raises(IndexError, match=r"prod: expected dim in \[-1, 0\]"):
        ops.prod(tensor(3.0), 1)
