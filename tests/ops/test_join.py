"""Joining and cutting: dtypes, vectors without elements, views, lengths, and messages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_cnn import ops
from tinygrad_cnn.creation import arange, ones, tensor, zeros

X = ops.reshape(arange(6.0), (2, 3))


def test_joining_promotes_and_each_gradient_has_its_own_dtype():
    x, y = ones(2, dtype="f4", requires_grad=True), ones(2, dtype="f8", requires_grad=True)
    for join in (ops.cat, ops.stack):
        x.grad = y.grad = None
        z = join([x, y])
        assert z.dtype == np.float64
        ops.sum(z).backward()
        assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float64)
    assert ops.cat([tensor([1, 2]), tensor([True])]).tolist() == [1, 2, 1]


def test_a_vector_without_elements_joins_anything_and_gets_a_gradient():
    empty = zeros(0, dtype="f8", requires_grad=True)
    y = ops.cat([empty, X, empty], 1)
    assert (y.tolist(), y.dtype) == (X.tolist(), np.float64)
    ops.sum(y).backward()
    assert empty.grad.shape == (0,)
    assert ops.cat([zeros(0), zeros(0)]).shape == (0,)


@given(st.integers(1, 9), st.integers(1, 9))
def test_pieces_are_views_that_join_to_the_whole(length, size):
    x = arange(float(length))
    for pieces in (ops.split(x, size), ops.chunk(x, size)):
        assert all(np.shares_memory(piece.array, x.array) for piece in pieces)
        assert ops.cat(pieces).tolist() == x.tolist()
    assert [len(piece) for piece in ops.split(x, size)][:-1] == [size] * ((length - 1) // size)
    assert len(ops.chunk(x, size)) <= size


def test_pieces_of_nothing():
    assert [one.shape for one in ops.split(zeros(0), 0)] == [(0,)]
    assert [one.shape for one in ops.chunk(zeros(2, 0), 3, 1)] == [(2, 0)] * 3
    assert [one.shape for one in ops.split(zeros(3), [0, 3, 0])] == [(0,), (3,), (0,)]


def test_joining_is_that_of_numpy_along_every_axis():
    x, y = np.arange(24.0).reshape(2, 3, 4), np.arange(24.0, 48).reshape(2, 3, 4)[:, ::-1]
    for dim in (0, 1, 2, -1):
        np.testing.assert_array_equal(ops.cat([x, y], dim), np.concatenate([x, y], dim))
        np.testing.assert_array_equal(ops.stack([x, y], dim), np.stack([x, y], dim))
    assert not np.shares_memory(ops.cat([x]), x)


def test_no_input_is_saved():
    x = ones(2, requires_grad=True)
    assert ops.cat([x, x]).grad_fn.saved is False
    assert ops.stack([x, x]).grad_fn.saved is False


def test_grids_vary_along_the_axis_of_their_vector():
    x, y = tensor([1.0, 2.0]), tensor([3.0, 4.0, 5.0])
    for indexing in ("ij", "xy"):
        found = ops.meshgrid(x, y, indexing=indexing)
        expected = np.meshgrid(x.array, y.array, indexing=indexing)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one.array, other)
    assert np.shares_memory(ops.meshgrid([x, y])[0].array, x.array)
    assert [one.shape for one in ops.meshgrid(x, tensor(1.0))] == [(2, 1)] * 2


REFUSED = {
    "cat nothing": (lambda: ops.cat([]), ValueError, "cat: expected at least one tensor, got none"),
    "cat 0-d": (lambda: ops.cat([ones(()), ones(())]), RuntimeError, "cat: .* 0-d tensor at position 0; use stack"),
    "cat shapes": (lambda: ops.cat([X, ones(3, 3)], 1), RuntimeError, r"but along dim 1, got \(2, 3\) and \(3, 3\) at"),
    "cat axes": (lambda: ops.cat([X, ones(3)]), RuntimeError, r"got \(2, 3\) and \(3,\) at position 1"),
    "cat tensor": (lambda: ops.cat(X), TypeError, "cat: expected a list or tuple of tensors, got Tensor"),
    "cat numbers": (lambda: ops.cat([X, 1.0]), TypeError, "cat: expected tensors, got float at position 1"),
    "cat dim": (lambda: ops.cat([X, X], 2), IndexError, r"cat: expected dim in \[-2, 1\]"),
    "stack nothing": (lambda: ops.stack(()), RuntimeError, "stack: expected at least one tensor"),
    "stack shapes": (lambda: ops.stack([ones(2), ones(3)]), RuntimeError, r"got \(2,\) and \(3,\) at position 1"),
    "split zero": (lambda: ops.split(X, 0), RuntimeError, "split: expected pieces of at least 1 .* of 2, got 0"),
    "split sum": (lambda: ops.split(X, [1, 1], 1), RuntimeError, r"that add up to 3, got \[1, 1\]"),
    "split negative": (lambda: ops.split(X, [3, -1]), RuntimeError, r"lengths of at least 0 .* got \[3, -1\]"),
    "split 0-d": (lambda: ops.split(ones(()), 1), RuntimeError, "split: .* at least one axis, got a 0-d tensor"),
    "chunk zero": (lambda: ops.chunk(X, 0), RuntimeError, "chunk: expected at least 1 chunk, got 0"),
    "grid of matrices": (lambda: ops.meshgrid(X), RuntimeError, "meshgrid: expected vectors of one dtype"),
    "grid of dtypes": (lambda: ops.meshgrid(ones(2), arange(2)), RuntimeError, "vectors of one dtype, got .* of int64"),
    "grid order": (lambda: ops.meshgrid(X[0], indexing="yx"), RuntimeError, "meshgrid: expected indexing 'ij' or 'xy'"),
    "grid of nothing": (lambda: ops.meshgrid(), RuntimeError, "meshgrid: expected at least one tensor"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
