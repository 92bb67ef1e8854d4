"""Changes in place as operations: views and their bases, leaves, read-only memory, results that do not fit."""

import numpy as np
import pytest
from derivatives import leaf

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad, no_grad
from tinygrad_cnn.creation import ones, tensor, zeros
from tinygrad_cnn.ops.inplace import become, change, write


def test_a_change_makes_the_tensor_the_output_of_the_operation():
    x = leaf([1.0, 2.0])
    y = x * 3
    memory = y.array
    assert change("mul_", y, ops.mul, 5.0) is y
    assert y.array is memory
    assert (y.tolist(), y.grad_fn.op.name) == ([15, 30], "mul")
    assert grad(ops.sum(y), x)[0].tolist() == [15, 15]


def test_a_change_of_a_view_changes_its_base():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = x * 1
    change("mul_", y[0], ops.mul, 10.0)
    assert y.tolist() == [[10, 20], [3, 4]]
    assert y.grad_fn.op.name == "view_put"
    assert grad(ops.sum(y), x)[0].tolist() == [[10, 10], [1, 1]]


def test_what_an_operation_saved_before_must_not_be_changed():
    x = leaf([1.0, 2.0])
    y = x * 1
    z = y * y
    change("add_", y, ops.add, 1.0)
    with pytest.raises(RuntimeError, match="in place"):
        ops.sum(z).backward()


def test_a_tensor_may_be_changed_by_its_own_values():
    x = leaf([2.0, 3.0])
    y = x * 1
    change("mul_", y, ops.mul, y)
    assert y.tolist() == [4, 9]
    assert grad(ops.sum(y), x)[0].tolist() == [4, 6]


def test_a_view_that_becomes_another_still_shares_memory():
    x = leaf([[1.0, 2.0, 3.0]])
    y = x * 2
    memory = y.array
    assert become("t_", y, ops.t) is y
    assert y.shape == (3, 1)
    assert np.shares_memory(y.array, memory)
    assert grad(ops.sum(y * tensor([[1.0], [2.0], [3.0]], dtype="float64")), x)[0].tolist() == [[2, 4, 6]]


def test_unrecorded_writes_convert_and_count():
    x = zeros(3, dtype="int64")
    before = x._version
    write("setitem", x, 2.9, slice(1, None))
    assert x.tolist() == [0, 2, 2]
    assert x._version == before + 1


def test_the_gradient_of_what_was_overwritten_is_zero():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 2
    y[1:2] = leaf([7.0])
    assert y.tolist() == [2, 7, 6]
    assert grad(ops.sum(y), x)[0].tolist() == [2, 0, 2]


def test_a_leaf_is_changed_without_recording_only():
    x = leaf([1.0])
    with pytest.raises(RuntimeError, match=r"add_: a leaf that requires a gradient, of shape \(1,\).*no_grad"):
        change("add_", x, ops.add, 1.0)
    with pytest.raises(RuntimeError, match="add_: a view of a leaf that requires a gradient"):
        change("add_", x[:], ops.add, 1.0)
    with no_grad():
        change("add_", x, ops.add, 1.0)
    assert (x.tolist(), x.is_leaf) == ([2], True)


REFUSED = {
    "shape": (
        lambda: change("add_", ones(2), ops.add, ones(3, 2)),
        RuntimeError,
        r"add_: the result has shape \(3, 2\)",
    ),
    "dtype": (lambda: change("add_", tensor([1]), ops.add, 0.5), RuntimeError, "add_: a float32 result does not fit"),
    "read-only": (
        lambda: change("add_", ones(1).expand(3), ops.add, 1.0),
        RuntimeError,
        "memory that cannot be written",
    ),
    "write shape": (lambda: write("setitem", ones(2), np.ones(3)), RuntimeError, r"setitem: cannot write shape \(3,\)"),
    "write index": (lambda: write("setitem", ones(2), 0.0, 5), IndexError, r"setitem: .* tensor of shape \(2,\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
