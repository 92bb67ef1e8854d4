"""Joining, cutting, rearranging: dtypes, lengths, memory and messages."""

import tracemalloc

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


@pytest.mark.parametrize(
    "op",
    [
        lambda x: ops.flip(x, ()),
        lambda x: ops.roll(x, 0),
        lambda x: ops.repeat(x, 1, 1),
        lambda x: ops.tril(x, 9),
        lambda x: ops.cat([x]),
        lambda x: ops.einsum("ij", x),
        lambda x: ops.einsum("ij->ji", x),
    ],
)
def test_results_have_memory_of_their_own(op):
    assert not np.shares_memory(op(X).array, X.array)


def test_triangles_keep_the_dtype_and_replace_infinities_by_zero():
    assert ops.triu(ones(2, 2, dtype="?")).tolist() == [[True, True], [False, True]]
    assert ops.tril(tensor([[np.inf, np.inf], [np.nan, 1.0]]), -1).tolist()[0] == [0, 0]


CASES = {
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
    "flip twice": (lambda: ops.flip(X, (0, -2)), RuntimeError, "flip: expected each axis once"),
    "flip range": (lambda: ops.flip(X, 2), IndexError, r"flip: expected dim in \[-2, 1\]"),
    "roll count": (lambda: ops.roll(X, (1, 2), 0), RuntimeError, r"one shift for each axis, got shifts=\(1, 2\)"),
    "roll none": (lambda: ops.roll(X, (), ()), RuntimeError, "roll: expected at least one shift"),
    "roll 0-d": (lambda: ops.roll(ones(()), 1, 0), IndexError, "roll: expected no dims for a 0-d tensor"),
    "repeat few": (lambda: ops.repeat(X, 2), RuntimeError, r"for each of the 2 axes of \(2, 3\), got \(2,\)"),
    "repeat negative": (lambda: ops.repeat(X, 1, -1), RuntimeError, "repeat: expected a number of at least 0"),
    "tril vector": (lambda: ops.tril(ones(3)), RuntimeError, r"tril: .* at least 2 axes, got shape \(3,\)"),
    "triu diagonal": (lambda: ops.triu(X, 0.5), TypeError, "triu: expected diagonal as an int, got 0.5"),
    "unflatten": (lambda: ops.unflatten(X, 1, (2, 2)), RuntimeError, r"unflatten: shape \(2, 2\) does not hold the 3"),
    "unflatten nothing": (lambda: ops.unflatten(X, 1, ()), RuntimeError, "unflatten: expected at least one size"),
    "squeeze twice": (lambda: ops.squeeze(X, (0, 0)), RuntimeError, "squeeze: expected each axis once"),
    "broadcast_to": (lambda: ops.broadcast_to(X, (2, 2)), RuntimeError, r"expand: shape \(2, 3\) cannot be expanded"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_message_names_what_was_expected_and_what_came(case):
    run, kind, message = CASES[case]
    with pytest.raises(kind, match=message):
        run()


def test_one_axis_is_flat_already_and_comes_back_as_it_is():
    x = arange(3.0, requires_grad=True)
    assert x.flatten() is x
    y = ones(2, 3)
    assert y.flatten(1) is y
    assert tensor(1.0).flatten().shape == (1,)


def test_a_0d_tensor_is_transposed_into_a_view():
    x = tensor(2.0, requires_grad=True)
    y = x.transpose(0, -1)
    assert y is not x
    assert y.shape == ()
    y.backward()
    assert x.grad.item() == 1


def test_a_repetition_too_large_takes_no_memory_before_it_is_refused():
    tracemalloc.start()
    with pytest.raises((MemoryError, ValueError)):
        ops.repeat(ones(1), (2**26, 2**45))
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()
