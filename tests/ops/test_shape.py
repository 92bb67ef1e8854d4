"""Changes of shape: views, −1, 0-d tensors, axes without elements, and messages."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.creation import arange, ones, tensor, zeros

X = zeros(2, 3, 4)


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


def test_results_share_memory_where_no_copy_is_needed():
    x = arange(24.0).reshape(2, 3, 4)
    views = [
        ops.reshape(x, (4, -1)), ops.permute(x, (2, 0, 1)), ops.transpose(x, 0, 2), ops.expand(x, 5, -1, 3, 4),
        ops.squeeze(ops.unsqueeze(x, 1)), ops.movedim(x, 0, 2), ops.ravel(x), ops.unflatten(x, 2, (2, -1)),
    ]  # fmt: skip
    assert all(np.shares_memory(one.array, x.array) for one in views)
    assert not np.shares_memory(ops.reshape(ops.transpose(x, 0, 1), (24,)).array, x.array)


def test_values_are_those_of_numpy():
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(ops.movedim(x, (0, 2), (1, 0)), np.moveaxis(x, (0, 2), (1, 0)))
    np.testing.assert_array_equal(ops.permute(x, (-1, 0, 1)), x.transpose(2, 0, 1))
    np.testing.assert_array_equal(ops.swapaxes(x, 0, -1), x.swapaxes(0, -1))
    np.testing.assert_array_equal(ops.flatten(x, 1), x.reshape(2, 12))
    np.testing.assert_array_equal(ops.t(x[0]), x[0].T)
    np.testing.assert_array_equal(ops.broadcast_to(x[:, :1], (2, 5, 4)), np.broadcast_to(x[:, :1], (2, 5, 4)))


def test_an_unknown_size_is_inferred_also_for_no_elements():
    assert ops.reshape(X, (-1, 6)).shape == (4, 6)
    assert ops.reshape(zeros(0, 3), (-1, 3)).shape == (0, 3)
    assert ops.reshape(tensor(1.0), (-1,)).shape == (1,)


def test_axes_of_length_1_come_and_go():
    x = zeros(1, 3, 1)
    assert ops.squeeze(x).shape == (3,)
    assert ops.squeeze(x, (0, 1)).shape == (3, 1)  # one that is longer stays
    assert ops.unsqueeze(x, -1).shape == (1, 3, 1, 1)
    assert ops.movedim(tensor(1.0), 0, 0).shape == ()
    assert ops.ravel(tensor(1.0)).shape == (1,)


def test_no_values_are_saved():
    x = ones(2, 3, requires_grad=True)
    for y in (ops.reshape(x, (6,)), ops.t(x), ops.expand(x, 4, 2, 3)):
        assert y.grad_fn.saved is False


REFUSED = {
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
    "unflatten": (lambda: ops.unflatten(X, 1, (2, 2)), RuntimeError, r"unflatten: shape \(2, 2\) does not hold the 3"),
    "unflatten nothing": (lambda: ops.unflatten(X, 1, ()), RuntimeError, "unflatten: expected at least one size"),
    "squeeze twice": (lambda: ops.squeeze(X, (0, 0)), RuntimeError, "squeeze: expected each axis once"),
    "broadcast_to": (
        lambda: ops.broadcast_to(zeros(2, 3), (2, 2)),
        RuntimeError,
        r"expand: shape \(2, 3\) cannot be expanded",
    ),
    "movedim": (lambda: ops.movedim(X, (0, 1), 0), RuntimeError, r"movedim: expected as many positions as axes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
