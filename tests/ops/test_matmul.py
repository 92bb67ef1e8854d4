"""Products of matrices and vectors: which operation runs, leading axes, factors, dtypes, messages."""

import numpy as np
import pytest
from derivatives import leaf

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import ones, tensor, zeros

X, Y = ones(2, 3), ones(3, 4)
SOURCE = np.random.default_rng(0)


def test_each_product_with_vectors_is_one_operation():
    x, v = ones(2, 3, requires_grad=True), ones(3, requires_grad=True)
    assert ops.matmul(x, v).grad_fn.op.name == "mv"
    assert ops.matmul(v, v).grad_fn.op.name == "dot"
    assert ops.addmm(v, x, ones(3, 3)).grad_fn.op.name == "addmm"


def test_addmm_without_beta_does_not_look_at_the_input():
    x = tensor([np.nan], requires_grad=True)
    y = ops.addmm(x, X, Y, beta=0, alpha=2)
    assert y.tolist() == [[6] * 4] * 2
    ops.sum(y).backward()
    assert x.grad.tolist() == [0]
    assert ops.addmm(tensor([1]), tensor([[2]]), tensor([[3]]), beta=2, alpha=3).tolist() == [[20]]


@pytest.mark.parametrize(
    ("left", "right"),
    [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((2, 3), (3, 4)),
     ((5, 1, 2, 3), (6, 3, 4)), ((2, 0), (0, 4)), ((0, 3), (3, 4))],
)  # fmt: skip
def test_values_are_those_of_numpy(left, right):
    x, y = SOURCE.standard_normal(left), SOURCE.standard_normal(right)
    found = ops.matmul(x, y)
    assert np.shape(found) == np.matmul(x, y).shape
    np.testing.assert_allclose(found, np.matmul(x, y), rtol=1e-12)


def test_the_gradient_of_a_broadcast_matrix_adds_up():
    x, w = leaf(SOURCE.standard_normal((5, 2, 3))), leaf(SOURCE.standard_normal((3, 4)))
    gx, gw = grad(ops.sum(ops.matmul(x, w)), [x, w])
    np.testing.assert_allclose(gw.array, np.tile(x.array.sum((0, 1))[:, None], (1, 4)), rtol=1e-12)
    np.testing.assert_allclose(gx.array, np.broadcast_to(w.array.sum(1), x.shape), rtol=1e-12)


def test_only_the_other_factor_is_saved():
    x = leaf(np.ones((2, 3)))
    for node in (ops.matmul(x, np.ones((3, 4))).grad_fn, ops.mv(x, np.ones(3)).grad_fn):
        assert node.args[0] is None
        assert isinstance(node.args[1], np.ndarray)


def test_dtypes():
    assert ops.outer(ones(2), ones(2, dtype="i4")).dtype == np.float32
    assert ops.dot(tensor([1, 2]), tensor([3, 4])).item() == 11
    assert ops.matmul(ones(2, 3, dtype="u1"), ones(3, 2, dtype="u1")).dtype == np.uint8


REFUSED = {
    "dot length": (lambda: ops.dot(ones(2), ones(3)), RuntimeError, r"one length, got shapes \(2,\) and \(3,\)"),
    "dot axes": (lambda: ops.dot(X, X), RuntimeError, "dot: expected two vectors"),
    "dot dtype": (
        lambda: ops.dot(ones(2), ones(2, dtype="f8")),
        RuntimeError,
        "dot: .* got float32 and float64",
    ),
    "mv": (lambda: ops.mv(X, ones(2)), RuntimeError, r"mv: .* got shapes \(2, 3\) and \(2,\)"),
    "outer": (lambda: ops.outer(X, X), RuntimeError, "outer: expected two vectors"),
    "bmm axes": (lambda: ops.bmm(X, Y), RuntimeError, "bmm: expected two batches"),
    "bmm batch": (lambda: ops.bmm(ones(1, 2, 3), ones(2, 3, 4)), RuntimeError, "matmul broadcasts"),
    "addmm inner": (lambda: ops.addmm(ones(1), X, X), RuntimeError, r"addmm: .* \(2, 3\) and \(2, 3\)"),
    "addmm input": (lambda: ops.addmm(ones(3), X, Y), RuntimeError, r"broadcasts to \(2, 4\), got shape \(3,\)"),
    "addmm input axes": (lambda: ops.addmm(ones(1, 2, 4), X, Y), RuntimeError, r"broadcasts to \(2, 4\)"),
    "addmm dtype": (lambda: ops.addmm(ones(4, dtype="f8"), X, Y), RuntimeError, "addmm: expected tensors of one dtype"),
    "addmm factor": (
        lambda: ops.addmm(tensor([1]), tensor([[1]]), tensor([[1]]), beta=0.5),
        RuntimeError,
        "addmm: expected whole beta and alpha for int64, got 0.5 and 1",
    ),
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
        lambda: ops.mm(zeros(2, 3, 4), zeros(4, 2)),
        RuntimeError,
        r"mm: expected two matrices, got shapes \(2, 3, 4\) and \(4, 2\)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
