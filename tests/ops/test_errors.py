"""What is said when shapes, dtypes or indices do not fit: the operation, what was expected, what came."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones, tensor, zeros

X = zeros(2, 3, 4)

CASES = {
    "reshape size": (
        lambda: ops.reshape(X, (5, 5)),
        RuntimeError,
        r"reshape: shape \(5, 5\) does not hold the 24 elements of shape \(2, 3, 4\)",
    ),
    "reshape remainder": (
        lambda: ops.reshape(X, (-1, 5)),
        RuntimeError,
        r"reshape: shape \(-1, 5\) does not hold the 24",
    ),
    "reshape two unknown": (
        lambda: ops.reshape(X, (-1, -1)),
        RuntimeError,
        r"reshape: expected .* at most one -1, got \(-1, -1\)",
    ),
    "reshape negative": (lambda: ops.reshape(X, (-2, -12)), RuntimeError, r"reshape: expected sizes of at least 0"),
    "reshape unknown of nothing": (
        lambda: ops.reshape(zeros(0, 3), (0, -1)),
        RuntimeError,
        r"reshape: shape \(0, -1\)",
    ),
    "reshape type": (lambda: ops.reshape(X, (2.0, 12)), TypeError, r"reshape: expected sizes as ints, got \(2.0, 12\)"),
    "expand": (
        lambda: ops.expand(zeros(3, 2), 3, 4),
        RuntimeError,
        r"expand: shape \(3, 2\) cannot be expanded to \(3, 4\)",
    ),
    "expand fewer": (lambda: ops.expand(X, 3, 4), RuntimeError, r"expand: expected at least 3 sizes .* got \(3, 4\)"),
    "expand unknown lead": (lambda: ops.expand(X, -1, 2, 3, 4), RuntimeError, r"expand: shape \(2, 3, 4\) cannot"),
    "permute twice": (
        lambda: ops.permute(X, (0, 0, 1)),
        RuntimeError,
        r"permute: expected each of the 3 axes once, got dims=\(0, 0, 1\)",
    ),
    "permute fewer": (lambda: ops.permute(X, (1, 0)), RuntimeError, r"permute: expected each of the 3 axes once"),
    "permute range": (
        lambda: ops.permute(X, (0, 1, 3)),
        IndexError,
        r"permute: expected dim in \[-3, 2\] for a 3-d tensor, got 3",
    ),
    "transpose range": (lambda: ops.transpose(X, 0, -4), IndexError, r"transpose: expected dim in \[-3, 2\].* got -4"),
    "t": (lambda: ops.t(X), RuntimeError, r"t: expected at most 2 axes, got shape \(2, 3, 4\)"),
    "flatten order": (
        lambda: ops.flatten(X, 2, 1),
        RuntimeError,
        r"flatten: expected start_dim ≤ end_dim, got 2 and 1",
    ),
    "squeeze range": (lambda: ops.squeeze(X, 3), IndexError, r"squeeze: expected dim in"),
    "unsqueeze range": (lambda: ops.unsqueeze(X, 4), IndexError, r"unsqueeze: expected dim in \[-4, 3\]"),
    "matmul inner": (
        lambda: ops.matmul(zeros(2, 3), zeros(4, 5)),
        RuntimeError,
        r"matmul: expected the last axis .* second-last .* \(2, 3\) and \(4, 5\)",
    ),
    "matmul vector": (
        lambda: ops.matmul(zeros(2, 3), zeros(2)),
        RuntimeError,
        r"matmul: .* only axis of the second, got shapes \(2, 3\) and \(2,\)",
    ),
    "matmul lead": (
        lambda: ops.matmul(zeros(2, 1, 3), zeros(4, 3, 1)),
        RuntimeError,
        r"matmul: the leading axes do not broadcast, got shapes \(2, 1, 3\) and \(4, 3, 1\)",
    ),
    "matmul 0-d": (
        lambda: ops.matmul(zeros(()), zeros(2)),
        RuntimeError,
        r"matmul: expected at least 1 axis each, got shapes \(\) and \(2,\)",
    ),
    "matmul dtype": (
        lambda: ops.matmul(zeros(2, 2), zeros(2, 2, dtype="f8")),
        RuntimeError,
        r"matmul: expected tensors of one dtype, got float32 and float64",
    ),
    "mm": (
        lambda: ops.mm(X, zeros(4, 2)),
        RuntimeError,
        r"mm: expected two matrices, got shapes \(2, 3, 4\) and \(4, 2\)",
    ),
    "gather range": (
        lambda: ops.gather(zeros(2, 3), 1, tensor([[0, 3]])),
        RuntimeError,
        r"gather: expected indices in \[0, 2\], got 0 to 3",
    ),
    "gather negative": (
        lambda: ops.gather(zeros(2, 3), 1, tensor([[-1]])),
        RuntimeError,
        r"gather: expected indices in \[0, 2\], got -1 to -1",
    ),
    "gather axes": (
        lambda: ops.gather(zeros(2, 3), 1, tensor([0])),
        RuntimeError,
        r"gather: expected an index no larger than the input, \(2, 3\), .* got \(1,\)",
    ),
    "gather length": (
        lambda: ops.gather(zeros(2, 3), 1, tensor([[0]] * 3)),
        RuntimeError,
        r"gather: .* along dim 1; got \(3, 1\)",
    ),
    "gather dtype": (
        lambda: ops.gather(zeros(2, 3), 1, zeros(1, 1)),
        RuntimeError,
        r"gather: expected an index of int64 or int32, got float32",
    ),
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
    "clamp": (lambda: ops.clamp(X), RuntimeError, r"clamp: expected min, max or both, got neither"),
    "sum range": (lambda: ops.sum(X, 3), IndexError, r"sum: expected dim in \[-3, 2\] for a 3-d tensor, got 3"),
    "sum twice": (lambda: ops.sum(X, (0, -3)), RuntimeError, r"sum: expected each axis once in dim, got \(0, -3\)"),
    "sum type": (lambda: ops.sum(X, 1.0), TypeError, r"sum: expected dim as an int, got 1.0"),
    "mean dtype": (lambda: ops.mean(tensor([1, 2])), RuntimeError, r"mean: expected a floating-point input, got int64"),
    "amax empty": (
        lambda: ops.amax(zeros(0, 2)),
        RuntimeError,
        r"amax: expected elements to choose from, got shape \(0, 2\) with none along",
    ),
    "amin empty": (
        lambda: ops.amin(zeros(2, 0), 1),
        IndexError,
        r"amin: expected elements to choose from, got shape \(2, 0\)",
    ),
    "argmax empty": (lambda: ops.argmax(zeros(0)), IndexError, r"max: expected elements to choose from"),
    "max empty": (lambda: ops.max(zeros(2, 0), 1), IndexError, r"max: expected elements to choose from"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_message_names_what_was_expected_and_what_came(case):
    run, kind, message = CASES[case]
    with pytest.raises(kind, match=message):
        run()


def test_an_axis_without_elements_is_fine_where_nothing_is_chosen_along_it():
    assert ops.amax(zeros(0, 2), 1).shape == (0,)
    assert ops.sum(zeros(2, 0), 1).tolist() == [0, 0]
    assert ops.sum(zeros(0)).item() == 0


def test_a_0d_tensor_counts_as_having_one_axis():
    assert ops.sum(tensor(3.0), 0).item() == 3
    assert ops.max(tensor(3.0), -1).indices.item() == 0
    with pytest.raises(IndexError, match="for a 0-d tensor, got 1"):
        ops.sum(tensor(3.0), 1)


def test_indexing_shares_memory_only_where_numpy_does():
    x = zeros(4)
    assert np.shares_memory(x[1:3].array, x.array)
    assert not np.shares_memory(x[tensor([1, 2])].array, x.array)


@pytest.mark.parametrize("call", [lambda x: x + (-3), lambda x: x * 300, lambda x: x.add(x, alpha=-3)])
def test_a_number_that_the_dtype_cannot_hold_is_refused(call):
    with pytest.raises(RuntimeError, match=r"(add|mul): a number does not fit.*out of bounds for uint8.*convert"):
        call(tensor([1, 2], dtype="uint8"))
