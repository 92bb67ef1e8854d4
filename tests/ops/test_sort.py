"""Order and occurrences: ties, NaN, named results, errors; the values themselves are in the table of samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tinygrad_cnn as tg

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


@given(small, st.data())
@settings(max_examples=60, deadline=None)
def test_unique_elements_can_be_put_back(x, data):
    dim = data.draw(st.none() | st.integers(0, x.ndim - 1))
    values, inverse, counts = tg.tensor(x).unique(return_inverse=True, return_counts=True, dim=dim)
    back = values[inverse] if dim is None else values.index_select(dim, inverse)
    assert back.tolist() == x.tolist()
    assert counts.sum() == (x.size if dim is None else x.shape[dim])


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


def test_gradients_go_where_the_values_came_from():
    x = tg.tensor([1.0, 4.0, 2.0, 4.0], requires_grad=True)
    (x.sort().values * tg.arange(4.0)).sum().backward()
    assert x.grad.tolist() == [0, 2, 1, 3]
    x.grad = None
    x.topk(2).values.sum().backward()
    assert x.grad.tolist() == [0, 1, 0, 1]
    y = tg.tensor([1.0, 2.0, 2.0, 3.0], requires_grad=True)
    y.median().backward()
    assert y.grad.tolist() == [0, 0.5, 0.5, 0]
    z = tg.tensor([1.6, -0.5], requires_grad=True)
    sum([z.round().sum(), z.floor().sum(), z.ceil().sum(), z.trunc().sum()]).backward()
    assert z.grad.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.topk(4), RuntimeError, r"topk: expected k in \[0, 3\].*got 4"),
        (lambda x: (x > 0).topk(1), RuntimeError, r"topk.*booleans.*\.int\(\)"),
        (lambda x: x.sort(2), IndexError, "sort: expected dim"),
        (lambda x: x[:0].median(0), IndexError, "median.*none along"),
        (lambda x: x[:0].mode(0), IndexError, "mode.*none along"),
        (lambda x: x.select(0, 2), IndexError, r"select.*\[-2, 1\].*got 2"),
        (lambda x: x[0, 0].select(0, 0), IndexError, "select.*0-d"),
        (lambda x: x.narrow(1, 2, 2), RuntimeError, r"narrow.*length in \[0, 1\]"),
        (lambda x: x.narrow(1, 4, 1), IndexError, "narrow.*start"),
        (lambda x: x[0, 0].unbind(), IndexError, "unbind.*0-d"),
        (lambda x: x.unfold(1, 4, 1), RuntimeError, r"unfold.*size in \[0, 3\]"),
        (lambda x: x.unfold(1, 2, 0), RuntimeError, "unfold.*step"),
        (lambda x: x.repeat_interleave(-1), RuntimeError, "repeat_interleave.*at least 0"),
        (lambda x: x.repeat_interleave(tg.tensor([1, 2]), 1), RuntimeError, "repeat_interleave.*3 slices, got 2"),
        (lambda x: x.repeat_interleave(2, 1, output_size=5), RuntimeError, "output_size=6, got 5"),
        (lambda x: x.bincount(), RuntimeError, "bincount.*vector of integers"),
        (lambda x: tg.tensor([-1]).bincount(), RuntimeError, "bincount.*at least 0, got -1"),
        (lambda x: tg.tensor([1]).bincount(x), RuntimeError, "bincount.*weights of shape"),
        (lambda x: tg.meshgrid(x), RuntimeError, "meshgrid.*vectors"),
        (lambda x: tg.meshgrid(x[0], indexing="yx"), RuntimeError, "meshgrid.*'ij' or 'xy'"),
        (lambda x: tg.meshgrid(), RuntimeError, "meshgrid.*at least one"),
        (lambda x: x.movedim((0, 1), 0), RuntimeError, "movedim.*as many positions"),
        (lambda x: x.scatter(1, tg.tensor([[3]]), 1.0), RuntimeError, r"scatter.*\[0, 2\]"),
        (lambda x: x.scatter(1, tg.tensor([[0]])), TypeError, "scatter.*src or value, got neither"),
        (lambda x: x.scatter(1, tg.tensor([[0]]), x, value=1), TypeError, "scatter.*src or value, got both"),
        (lambda x: x.scatter(1, tg.tensor([[0]]), 1.0, reduce="mean"), RuntimeError, "reduce None, 'add'.*'mean'"),
        (lambda x: x.scatter(1, tg.tensor([[0]]), x.double()), RuntimeError, "scatter.*dtype"),
        (lambda x: x.index_add(1, tg.tensor([0]), x), RuntimeError, r"index_add.*\(2, 1\), got \(2, 3\)"),
        (lambda x: x.isclose(x.double()), RuntimeError, "isclose.*one dtype"),
        (lambda x: x.isclose(1.0), TypeError, "isclose.*other as a tensor"),
        (lambda x: x.equal(1.0), TypeError, "equal.*other as a tensor"),
        (lambda x: tg.round(tg.arange(3), decimals=1), RuntimeError, r"round.*whole numbers only"),
        (lambda x: tg.floor(x > 0), RuntimeError, "floor.*booleans"),
        (lambda x: tg.fmod(tg.arange(3), 0), RuntimeError, "fmod.*other than 0"),
        (lambda x: tg.einsum(x, [0, 52]), ValueError, "einsum.*from 0 to 51"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(tg.arange(6.0).reshape(2, 3))


def test_no_gradient_is_made_up_for_a_multiplying_scatter():
    x = tg.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="scatter_multiply: no gradient is defined"):
        x.scatter(0, tg.tensor([0]), 2.0, reduce="multiply").sum().backward()


def test_comparisons_of_whole_tensors():
    x = tg.tensor([1.0, float("nan")])
    assert tg.equal(x[:1], tg.tensor([1]))
    assert not x.equal(x)
    assert not x.equal(x[:1])
    assert x.allclose(x, equal_nan=True)
    assert not tg.allclose(x, x)
    assert tg.allclose(tg.ones(2), tg.ones(2) + 1e-6)
    assert isinstance(tg.allclose(x, x), bool)


def test_views_are_views():
    x = tg.arange(6.0).reshape(2, 3).requires_grad_()
    y = x * 1
    y.select(1, 0).zero_()
    y.narrow(1, 1, 1).mul_(10)
    y.unbind(1)[2].add_(1)
    y.swapaxes(0, 1).movedim(0, 1).ravel().mul_(2)
    y.sum().backward()
    assert y.tolist() == [[0, 20, 6], [0, 80, 12]]
    assert x.grad.tolist() == [[0, 20, 2]] * 2
