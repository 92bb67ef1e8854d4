"""Einsum: diagonals, dots, letters of length 1, other spellings, dtypes and messages."""

import numpy as np
import pytest
from derivatives import gradients, leaf

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import ones, zeros

X, Y = ones(2, 3), ones(3, 4)
SOURCE = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk", [(2, 3), (3, 5)]), ("ij,jk->ki", [(2, 3), (3, 5)]), ("bij,bjk->bik", [(4, 2, 3), (4, 3, 5)]),
        ("ii", [(3, 3)]), ("ii->i", [(3, 3)]), ("...ij->...ji", [(2, 4, 3, 5)]), ("...i,i...->...", [(2, 3), (3, 2)]),
        ("i,j,k->jki", [(2,), (3,), (4,)]), ("iij,j->i", [(2, 2, 3), (3,)]), (",i", [(), (3,)]), ("Ba->", [(2, 3)]),
        ("ij,kj->", [(2, 3), (0, 3)]),
    ],
)  # fmt: skip
def test_values_are_those_of_numpy(equation, shapes):
    operands = [SOURCE.standard_normal(shape) for shape in shapes]
    np.testing.assert_allclose(ops.einsum(equation, *operands), np.einsum(equation, *operands), rtol=1e-12, atol=1e-15)


def test_a_length_of_1_broadcasts_and_gets_the_summed_gradient():
    x, y = leaf(np.ones((1, 3))), leaf(np.arange(6.0).reshape(2, 3))
    z = ops.einsum("ij,ij->ij", x, y)
    assert z.tolist() == y.tolist()
    assert grad(ops.sum(z), x)[0].tolist() == [[3, 5, 7]]


def test_the_gradient_of_a_trace_lies_on_the_diagonal():
    assert gradients(lambda x: ops.einsum("ii", x), np.zeros((3, 3))) == [np.eye(3).tolist()]


def test_axes_may_be_numbers_and_operands_a_list():
    x, y = SOURCE.standard_normal((2, 3)), SOURCE.standard_normal((3, 4))
    np.testing.assert_array_equal(ops.einsum(x, [0, 1], y, [1, 2], [0, 2]), ops.einsum("ij,jk->ik", x, y))
    np.testing.assert_array_equal(ops.einsum(x, [..., 5], y, [5, 0]), ops.einsum("...f,fa", x, y))


def test_einsum_takes_a_list_of_operands():
    assert ops.einsum("ij,jk", [X, Y]).tolist() == ops.einsum("ij,jk", X, Y).tolist() == [[3] * 4] * 2


def test_integers_become_int64_where_one_operand_alone_is_summed():
    small = ones(2, 3, dtype="u1")
    assert ops.einsum("ij->i", small).dtype == np.int64
    assert ops.einsum("ij,kj->ik", small, small).dtype == np.uint8


def test_a_result_has_memory_of_its_own():
    for equation in ("ij", "ij->ji"):
        assert not np.shares_memory(ops.einsum(equation, X).array, X.array)


REFUSED = {
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
    "einsum numbers": (lambda: ops.einsum(X, [0, 52]), ValueError, "einsum: expected axes as numbers from 0 to 51"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
