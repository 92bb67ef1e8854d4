"""Softmax and log-softmax where exponentials alone would overflow or vanish."""

import numpy as np
import pytest
from derivatives import with_gradient

from tinygrad_cnn import ops
from tinygrad_cnn.creation import tensor


def test_large_inputs_do_not_overflow():
    x = np.array([1000.0, 1000.0, -1000.0])
    np.testing.assert_array_equal(ops.softmax(x, dim=0), [0.5, 0.5, 0])
    np.testing.assert_allclose(ops.log_softmax(x, dim=0), [-np.log(2), -np.log(2), -2000 - np.log(2)])


def test_log_softmax_is_the_logarithm_of_softmax():
    x = np.random.default_rng(0).standard_normal((3, 4, 5))
    for dim in (0, 1, 2, -1):
        np.testing.assert_allclose(np.exp(ops.log_softmax(x, dim=dim)), ops.softmax(x, dim=dim), rtol=1e-12)
        np.testing.assert_allclose(ops.softmax(x, dim=dim).sum(dim), 1, rtol=1e-12)


def test_a_shift_of_all_inputs_changes_nothing_so_gradients_add_up_to_zero():
    x = tensor([0.3, -1.2, 2.0], dtype="f8", requires_grad=True)
    for op in (ops.softmax, ops.log_softmax):
        x.grad = None
        (op(x, dim=0) * tensor([1.0, 2.0, 5.0], dtype="f8")).sum().backward()
        assert abs(x.grad.sum().item()) < 1e-12
        assert x.grad.abs().sum().item() > 0.1


def test_integers_become_floating_point():
    assert ops.softmax(tensor([1, 2]), dim=0).dtype == np.float32


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_at_the_ends(dtype):
    values, slopes = with_gradient(lambda x: ops.softmax(x, dim=0), [1e4, -1e4, -np.inf], dtype)
    assert values == [1, 0, 0]
    assert slopes == [0, 0, 0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_softmax_at_the_ends(dtype):
    x = tensor([[1000.0, 0.0, -1000.0]], dtype=dtype, requires_grad=True)
    y = ops.log_softmax(x, dim=1)
    assert y.tolist() == [[0, -1000, -2000]]
    y[0, 2].backward()
    assert x.grad.tolist() == [[-1, 0, 1]]


def test_log_softmax_is_exact_far_below_one():
    y = ops.log_softmax(tensor([1e6, 0.0], dtype="float64"), dim=0)
    assert y.tolist() == [0, -1e6]


@pytest.mark.parametrize("shift", [-1e5, 1e5])
def test_a_common_shift_changes_no_value(shift):
    x = np.array([[0.5, -1.0, 2.0]])
    for op in (ops.softmax, ops.log_softmax):
        np.testing.assert_allclose(op(x + shift, dim=1), op(x, dim=1), atol=1e-10)


def test_the_output_alone_is_saved():
    x = tensor([1.0, 2.0], requires_grad=True)
    for op in (ops.softmax, ops.log_softmax):
        node = op(x, dim=0).grad_fn
        assert node.args[0] is None
        assert node.out is not None


def test_nothing_stays_nothing():
    assert ops.softmax(np.zeros((0, 3)), dim=1).shape == (0, 3)
