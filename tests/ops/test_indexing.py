"""Reading and writing by index: PyTorch's rules where they differ from NumPy's, conventions and messages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_cnn import ops
from tinygrad_cnn.creation import arange, ones, tensor, zeros

X = ops.reshape(arange(24.0), (2, 3, 4))

part = st.one_of(
    st.integers(-2, 1),
    st.none(),
    st.just(Ellipsis),
    st.slices(3),
    st.lists(st.integers(-2, 1), min_size=2, max_size=2),
)


@given(st.lists(part, max_size=5).map(tuple).filter(lambda index: sum(one is Ellipsis for one in index) < 2))
def test_integers_select_before_lists_pick(index):
    """Stepwise: integers first, one axis at a time from the right; then the rest, which NumPy reads alike."""
    axes = [i for i, one in enumerate(index) if one is not None and one is not Ellipsis]
    if len(axes) > 3:
        with pytest.raises(IndexError):
            X[index]
        return
    expected, rest, before_dots = X.array, [], True
    positions = [sum(a < i for a in axes) for i in range(len(index))]
    for i in range(len(index) - 1, -1, -1):
        before_dots = Ellipsis in index[i:]
        axis = positions[i] if before_dots or Ellipsis not in index else 3 - (len(axes) - positions[i])
        if isinstance(index[i], int):
            expected = expected.take(index[i], axis)
        else:
            rest.insert(0, index[i])
    np.testing.assert_array_equal(X[index].array, expected[tuple(rest)])


def test_a_read_without_tensors_is_a_view_even_of_one_element():
    x = zeros(2, 3)
    for index in (0, (1, 2), (..., 0), slice(1), None, (0, slice(None, None, -1)), tensor(1), ()):
        assert np.shares_memory(x[index].array, x.array)
    for index in ([0], tensor([True, False]), True):
        assert not np.shares_memory(x[index].array, x.array)


def test_tensors_may_be_integers_and_bounds_of_slices():
    assert X[tensor(1), tensor(0) : tensor(2), -1].tolist() == [15, 19]
    assert X[[tensor(1), tensor(0)]].tolist() == X[[1, 0]].tolist()
    assert X[np.int64(1)].shape == (3, 4)


def test_bytes_are_refused_as_they_were_masks_once():
    with pytest.raises(IndexError, match=r"got uint8; use .bool\(\) for a mask, .long\(\) to pick"):
        X[tensor([1, 0], dtype="u1")]


@pytest.mark.parametrize("index", ["a", 1.5, [0.5], [[0, 1], [0]], [slice(None), 0], ones(2), np.ones(2)])
def test_what_is_no_index_is_refused(index):
    with pytest.raises((IndexError, ValueError)):
        X[index]


def test_a_write_copies_and_converts():
    x = tensor([1, 2, 3])
    y = ops.setitem(x, 7.9, index=slice(1))
    assert (x.tolist(), y.tolist(), y.dtype) == ([1, 2, 3], [7, 2, 3], np.int64)
    assert ops.setitem(ones(2), tensor([2, 3]), index=()).tolist() == [2.0, 3.0]
    value = tensor([5.0], dtype="f8", requires_grad=True)
    ops.sum(ops.setitem(zeros(2), value, index=[1])).backward()
    assert (value.grad.dtype, value.grad.tolist()) == (np.float64, [1.0])


def test_of_repeated_writes_the_last_wins_and_each_value_gets_the_gradient():
    x = zeros(3, requires_grad=True)
    value = tensor([1.0, 2.0], requires_grad=True)
    y = ops.setitem(x, value, index=[1, 1])
    assert y.tolist() == [0, 2, 0]
    y.backward(tensor([3.0, 4.0, 5.0]))
    assert x.grad.tolist() == [3, 0, 5]
    assert value.grad.tolist() == [4, 4]


def test_writes_that_do_not_fit():
    with pytest.raises(RuntimeError, match=r"writing into a tensor of shape \(2, 3, 4\): could not broadcast"):
        ops.setitem(X, ones(3), index=0)
    with pytest.raises(RuntimeError, match=r"writing into a tensor of shape .* assign 3 input values to the 2"):
        ops.setitem(X, ones(3), index=X.array > 21)
    with pytest.raises(IndexError, match=r"indexing a tensor of shape \(2, 3, 4\): index 3 is out of bounds"):
        ops.setitem(X, 0, index=(0, 3))


def test_masked_fill_keeps_the_dtype():
    mask = tensor([True, False])
    assert ops.masked_fill(tensor([1, 2]), mask, 3.7).tolist() == [3, 2]
    assert ops.masked_fill(ones(2), mask, -np.inf).tolist() == [-np.inf, 1]
    assert ops.masked_fill(ones(2, dtype="f2"), mask, tensor(1.5, dtype="f8")).dtype == np.float16
    with pytest.raises(RuntimeError, match="masked_fill: expected a mask of booleans, got int64"):
        ops.masked_fill(ones(2), tensor([1, 0]), 0)
    with pytest.raises(RuntimeError, match=r"masked_fill: .* a number or a 0-d tensor, got shape \(1,\)"):
        ops.masked_fill(ones(2), mask, ones(1))
    with pytest.raises(RuntimeError, match=r"masked_select: the mask, \(2,\), does not broadcast against \(3,\)"):
        ops.masked_select(ones(3), mask)
    with pytest.raises(TypeError, match="masked_fill: expected mask as a tensor, got list"):
        ops.masked_fill(ones(2), [True, False], 0)


def test_masked_log_has_no_nan_gradient():
    x = tensor([0.0, 2.0], requires_grad=True)
    ops.sum(ops.log(ops.masked_fill(x, x == 0, 1.0))).backward()
    assert x.grad.tolist() == [0.0, 0.5]


def test_indexing_shares_memory_only_where_numpy_does():
    x = zeros(4)
    assert np.shares_memory(x[1:3].array, x.array)
    assert not np.shares_memory(x[tensor([1, 2])].array, x.array)


I64 = {"dtype": "i8"}
CASES = {
    "select matrix": (lambda: ops.index_select(X, 0, zeros(1, 1, **I64)), IndexError, "index as a vector"),
    "select negative": (lambda: ops.index_select(X, 0, tensor([-1])), RuntimeError, r"in \[0, 1\], got -1 to -1"),
    "select dtype": (lambda: ops.index_select(X, 0, ones(1)), RuntimeError, "index_select: expected an index of int64"),
    "select 0-d": (lambda: ops.index_select(tensor(1.0), 0, tensor([0, 0])), RuntimeError, "one index into a 0-d"),
    "getitem range": (lambda: X[2], IndexError, r"indexing a tensor of shape \(2, 3, 4\): index 2 is out of bounds"),
    "getitem many": (lambda: X[0, 0, 0, 0], IndexError, r"indexing a tensor of shape \(2, 3, 4\): too many indices"),
    "getitem float": (lambda: X[1.5], IndexError, r"indexing: expected integers, slices, .* got float"),
    "getitem float tensor": (
        lambda: X[ones(2)],
        IndexError,
        r"indexing: expected integers or booleans, got a tensor of float32",
    ),
    "getitem mask": (
        lambda: X[tensor([True] * 3)],
        IndexError,
        r"indexing a tensor of shape \(2, 3, 4\): boolean index did not match",
    ),
    "getitem array range": (lambda: X[tensor([0, 2])], IndexError, r"index 2 is out of bounds"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_message_names_what_was_expected_and_what_came(case):
    run, kind, message = CASES[case]
    with pytest.raises(kind, match=message):
        run()
