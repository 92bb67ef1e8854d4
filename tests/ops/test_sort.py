"""Order along an axis: ties, NaN, gradients, named results, messages; the values are in the table of samples."""

import math

import numpy as np
import pytest
from derivatives import gradients
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tinygrad_cnn as tg
from tinygrad_cnn import ops
from tinygrad_cnn.creation import arange, tensor, zeros

small = arrays(np.int64, array_shapes(min_dims=1, max_dims=3, max_side=5), elements=st.integers(-3, 3))


@given(small, st.booleans(), st.data())
@settings(max_examples=60, deadline=None)
def test_sorting_keeps_equal_elements_in_their_order(x, descending, data):
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    expected = np.argsort(-x if descending else x, axis=dim, kind="stable")
    found = tg.sort(tg.tensor(x), dim, descending)
    np.testing.assert_array_equal(found.indices.numpy(), expected)
    np.testing.assert_array_equal(found.values.numpy(), np.take_along_axis(x, expected, dim))
    k = data.draw(st.integers(0, x.shape[dim]))
    best = tg.topk(tg.tensor(x), k, dim, largest=descending)
    assert tg.equal(best.values, found.values.narrow(dim, 0, k))


@given(small)
@settings(max_examples=60, deadline=None)
def test_modes_are_the_most_frequent(x):
    found = tg.tensor(x).mode(-1)
    for row, value, index in zip(
        x.reshape(-1, x.shape[-1]), found.values.reshape(-1), found.indices.reshape(-1), strict=True
    ):
        values, counts = np.unique(row, return_counts=True)
        assert value == values[counts.argmax()]
        assert row[int(index)] == value


def test_results_are_named_pairs():
    x = tg.tensor([[3.0, 1.0, 2.0]])
    for found in (x.sort(), x.topk(2), x.median(1), x.mode(), x.max(1), tg.topk(x, k=1, dim=1, sorted=False)):
        values, indices = found
        assert found.values is values
        assert found.indices is indices
        assert indices.dtype == tg.int64
    assert x.median().item() == 2
    assert x.argsort().tolist() == [[1, 2, 0]]


def test_nan_is_the_largest_and_a_median_of_its_own():
    x = tg.tensor([2.0, float("nan"), 1.0])
    assert x.sort().indices.tolist() == [2, 0, 1]
    assert x.sort(descending=True).indices.tolist() == [1, 0, 2]
    assert x.topk(1).indices.tolist() == [1]
    assert x.median().isnan()
    assert x.median(0).indices == 1


def test_every_nan_is_the_median_where_there_are_some():
    assert gradients(ops.median, [math.nan, 1.0, math.nan, 2.0]) == [[0.5, 0, 0.5, 0]]


def test_gradients_go_where_the_values_came_from():
    assert gradients(lambda x: ops.sort(x).values * tensor([0.0, 1, 2, 3]), [1.0, 4.0, 2.0, 4.0]) == [[0, 2, 1, 3]]
    assert gradients(lambda x: ops.topk(x, 2).values, [1.0, 4.0, 2.0, 4.0]) == [[0, 1, 0, 1]]
    assert gradients(ops.median, [1.0, 2.0, 2.0, 3.0]) == [[0, 0.5, 0.5, 0]]
    assert gradients(lambda x: ops.median(x, 0).values, [1.0, 2.0, 2.0, 3.0]) == [[0, 1, 0, 0]]
    assert gradients(lambda x: ops.mode(x).values, [2.0, 1.0, 2.0]) == [[0, 0, 1]]


def test_scalars_and_nothing():
    for found in (ops.sort(tensor(3.0)), ops.topk(tensor(3.0), 1), ops.median(tensor(3.0), 0), ops.mode(tensor(3.0))):
        assert (found.values.item(), found.indices.item()) == (3, 0)
        assert found.values.shape == found.indices.shape == ()
    assert ops.sort(zeros(0, 2), 0).values.shape == (0, 2)
    assert ops.topk(zeros(2, 3), 0).indices.shape == (2, 0)
    assert math.isnan(ops.median(zeros(0)).item())


X = ops.reshape(arange(6.0), (2, 3))
REFUSED = {
    "topk": (lambda: ops.topk(X, 4), RuntimeError, r"topk: expected k in \[0, 3\].*got 4"),
    "topk booleans": (lambda: ops.topk(X > 0, 1), RuntimeError, r"topk: expected numbers, got booleans; .*\.int\(\)"),
    "median booleans": (lambda: ops.median(X > 0), RuntimeError, "median: expected numbers, got booleans"),
    "sort": (lambda: ops.sort(X, 2), IndexError, r"sort: expected dim in \[-2, 1\]"),
    "median": (lambda: ops.median(X[:0], 0), IndexError, r"median: .* shape \(0, 3\) with none along dim \(0,\)"),
    "mode": (lambda: ops.mode(X[:0], 0), IndexError, r"mode: .* shape \(0, 3\) with none along dim \(0,\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
