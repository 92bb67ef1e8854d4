"""Other orders, repetitions and triangles: by NumPy's functions, memory of their own, and messages."""

import tracemalloc

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.creation import arange, ones, tensor, zeros

X = ops.reshape(arange(6.0), (2, 3))


def test_values_are_those_of_numpy():
    x = np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2)
    np.testing.assert_array_equal(ops.flip(x, (0, -1)), np.flip(x, (0, 2)))
    np.testing.assert_array_equal(ops.flip(x, 0, 1), np.flip(x, (0, 1)))
    np.testing.assert_array_equal(ops.roll(x, (1, -2), (0, 2)), np.roll(x, (1, -2), (0, 2)))
    np.testing.assert_array_equal(ops.roll(x, 5), np.roll(x, 5))
    np.testing.assert_array_equal(ops.repeat(x, 2, 1, 3, 2), np.tile(x, (2, 1, 3, 2)))
    np.testing.assert_array_equal(ops.tile(x, 2), np.tile(x, 2))
    for diagonal in (-1, 0, 2):
        np.testing.assert_array_equal(ops.tril(x, diagonal), np.tril(x, diagonal))
        np.testing.assert_array_equal(ops.triu(x, diagonal), np.triu(x, diagonal))


@pytest.mark.parametrize(
    "op",
    [
        lambda x: ops.flip(x, ()), lambda x: ops.roll(x, 0), lambda x: ops.repeat(x, 1, 1), lambda x: ops.tril(x, 9),
    ],
)  # fmt: skip
def test_results_have_memory_of_their_own(op):
    assert not np.shares_memory(op(X).array, X.array)


def test_each_copy_sends_its_gradient_back_and_no_values_are_saved():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = ops.repeat(x, 2, 1)
    y.backward(tensor([[1.0, 2.0], [10.0, 20.0]]))
    assert x.grad.tolist() == [11, 22]
    for made in (y, ops.flip(x, 0), ops.roll(x, 1), ops.tril(x[None]), ops.triu(x[None])):
        assert made.grad_fn.saved is False


def test_nothing_can_be_repeated_rolled_and_flipped():
    assert ops.repeat(ones(2), 0).shape == (0,)
    assert ops.repeat(tensor(1.0), 2, 3).shape == (2, 3)
    assert ops.roll(zeros(0, 2), 3, 0).shape == (0, 2)
    assert ops.flip(zeros(0), 0).shape == (0,)
    assert ops.triu(zeros(0, 3, 3)).shape == (0, 3, 3)


def test_triangles_keep_the_dtype_and_replace_infinities_by_zero():
    assert ops.triu(ones(2, 2, dtype="?")).tolist() == [[True, True], [False, True]]
    assert ops.tril(tensor([[np.inf, np.inf], [np.nan, 1.0]]), -1).tolist()[0] == [0, 0]


def test_a_repetition_too_large_takes_no_memory_before_it_is_refused():
    tracemalloc.start()
    with pytest.raises((MemoryError, ValueError)):
        ops.repeat(ones(1), (2**26, 2**45))
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


REFUSED = {
    "flip twice": (lambda: ops.flip(X, (0, -2)), RuntimeError, "flip: expected each axis once"),
    "flip range": (lambda: ops.flip(X, 2), IndexError, r"flip: expected dim in \[-2, 1\]"),
    "roll count": (lambda: ops.roll(X, (1, 2), 0), RuntimeError, r"one shift for each axis, got shifts=\(1, 2\)"),
    "roll none": (lambda: ops.roll(X, (), ()), RuntimeError, "roll: expected at least one shift"),
    "roll 0-d": (lambda: ops.roll(ones(()), 1, 0), IndexError, "roll: expected no dims for a 0-d tensor"),
    "repeat few": (lambda: ops.repeat(X, 2), RuntimeError, r"for each of the 2 axes of \(2, 3\), got \(2,\)"),
    "repeat negative": (lambda: ops.repeat(X, 1, -1), RuntimeError, "repeat: expected a number of at least 0"),
    "tril vector": (lambda: ops.tril(ones(3)), RuntimeError, r"tril: .* at least 2 axes, got shape \(3,\)"),
    "triu diagonal": (lambda: ops.triu(X, 0.5), TypeError, "triu: expected diagonal as an int, got 0.5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
