"""Matrix and vector products and einsum: dtypes, factors and messages."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones, tensor, zeros

X, Y = ones(2, 3), ones(3, 4)


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


def test_dtypes():
    assert ops.outer(ones(2), ones(2, dtype="i4")).dtype == np.float32
    assert ops.dot(tensor([1, 2]), tensor([3, 4])).item() == 11
    small = ones(2, 3, dtype="u1")
    assert ops.einsum("ij->i", small).dtype == np.int64  # a sum
    assert ops.einsum("ij,kj->ik", small, small).dtype == np.uint8  # a product of matrices


def test_einsum_takes_a_list_of_operands():
    assert ops.einsum("ij,jk", [X, Y]).tolist() == ops.einsum("ij,jk", X, Y).tolist() == [[3] * 4] * 2


CASES = {
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
    "einsum nothing": (lambda: ops.einsum("ij"), ValueError, "einsum: expected at least one operand"),
    "einsum fewer": (lambda: ops.einsum("ij,jk", X), RuntimeError, "expected the 2 operands of 'ij,jk', got 1"),
    "einsum axes": (lambda: ops.einsum("i", X), RuntimeError, r"each axis of operand 0, \(2, 3\), got 'i'"),
    "einsum too many": (
        lambda: ops.einsum("...ijk", X),
        RuntimeError,
        r"each axis of operand 0, \(2, 3\), got '...ijk'",
    ),
    "einsum sizes": (lambda: ops.einsum("ij,ij", X, Y), RuntimeError, "broadcast, got 2 and 3 for 'i' in 'ij,ij'"),
    "einsum diagonal": (lambda: ops.einsum("ii", X), RuntimeError, "along a diagonal, got 2 and 3 for 'i'"),
    "einsum diagonal of 1": (lambda: ops.einsum("ii", ones(1, 3)), RuntimeError, "along a diagonal, got 1 and 3"),
    "einsum dots": (lambda: ops.einsum("...i,...i", X, ones(3, 3)), RuntimeError, "that broadcast, got 2 and 3"),
    "einsum output twice": (lambda: ops.einsum("ij->ii", X), RuntimeError, "each once, in the output, got 'ii'"),
    "einsum output new": (lambda: ops.einsum("ij->k", X), RuntimeError, "letters of the operands, .* got 'k'"),
    "einsum letters": (lambda: ops.einsum("i1", X), RuntimeError, r"a-z and A-Z and at most one ..., got 'i1'"),
    "einsum two dots": (lambda: ops.einsum("...i...", X), RuntimeError, "at most one ..., got"),
    "einsum arrows": (lambda: ops.einsum("ij->i->j", X), RuntimeError, "got 'i->j' in"),
    "einsum dtype": (lambda: ops.einsum("i,i", zeros(2), zeros(2, dtype="f8")), RuntimeError, "einsum: .* one dtype"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_message_names_what_was_expected_and_what_came(case):
    run, kind, message = CASES[case]
    with pytest.raises(kind, match=message):
        run()
