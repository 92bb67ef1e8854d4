"""Norms of every order: slopes at 0 and at ties, second order, extreme sizes, and what is refused."""

import numpy as np
import pytest
from derivatives import gradients, leaf, second_order

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import ones, tensor, zeros

INF, NAN = float("inf"), float("nan")


NORMS = [
    (1, [-2.0, 0, 3], [-1, 0, 1]),
    (INF, [-3.0, 0, 3, 1], [-0.5, 0, 0.5, 0]),
    (-INF, [-1.0, 2, 1], [-0.5, 0, 0.5]),
    (INF, [NAN, 1, 2], [0, 0, 0]),  # none is the largest
    (0.5, [4.0, 0, 4], [2, 0, 2]),
    (3, [0.0, 0], [0, 0]),
    (2, [0.0, 0], [0, 0]),
    (2, [0.6, 0.8], [0.6, 0.8]),
    (2, [1e-200, 0], [0, 0]),  # their squares and cubes underflow: the norm is 0
    (3, [1e-200, 0], [0, 0]),
    (-1, [3.0, 0], [0, 0]),
]


@pytest.mark.parametrize(("p", "points", "expected"), NORMS)
def test_slopes_at_kinks(p, points, expected):
    assert gradients(lambda x: ops.norm(x, p), points)[0] == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, -1, INF, -INF, "fro", None])
def test_the_norm_of_zero_has_gradient_zero_at_both_orders(p):
    assert gradients(lambda x: ops.norm(x, p), [0.0, 0.0]) == [[0, 0]]
    assert second_order(lambda x: ops.norm(x, p), [0.0, 0.0]) == [[0, 0], [0, 0]]


@pytest.mark.parametrize(("p", "slopes"), [(0.5, [0, 2, -2]), (1, [0, 1, -1]), (2, [0, 0.5**0.5, -(0.5**0.5)])])
def test_a_zero_among_others_has_slope_zero(p, slopes):
    assert gradients(lambda x: ops.norm(x, p), [0.0, 3.0, -3.0])[0] == pytest.approx(slopes)


@pytest.mark.parametrize("p", [0, 0.5, 1, 2, 3, -1, INF, -INF])
def test_values_are_those_of_numpy(p):
    x = np.random.default_rng(0).standard_normal((3, 5))[:, ::-1]
    np.testing.assert_allclose(ops.norm(x, p, 1), [np.linalg.norm(row, p) for row in x], rtol=1e-12)
    np.testing.assert_allclose(ops.norm(x, p), np.linalg.norm(x.ravel(), p), rtol=1e-12)


def test_norms_of_large_and_small_numbers_in_every_dtype():
    assert ops.norm(tensor([3.0, 4.0]), dtype="float64").dtype == "float64"
    assert ops.norm(tensor([[3.0, 4.0], [6.0, 8.0]]), dim=1, keepdim=True).tolist() == [[5], [10]]
    assert ops.norm(zeros(0)).item() == 0


def test_second_order_is_zero_where_the_norm_has_no_slope():
    x = leaf(np.zeros(3))
    (first,) = grad(ops.norm(x, 2), [x], leaf(1.5), create_graph=True)
    (second,) = grad(ops.sum(first * leaf([1.0, 2.0, 4.0])), [x])
    assert (first.tolist(), second.tolist()) == ([0, 0, 0], [0, 0, 0])


EMPTY = zeros(0, 2)
REFUSED = {
    "norm name": (lambda: ops.norm(ones(2), "nuc"), RuntimeError, "norm: expected p as a number or 'fro', got 'nuc'"),
    "norm integers": (lambda: ops.norm(tensor([1])), RuntimeError, "norm: expected a floating-point input, got int64"),
    "norm dtype": (lambda: ops.norm(ones(2), dtype="int64"), RuntimeError, "norm: expected a floating-point dtype"),
    "norm of nothing": (
        lambda: ops.norm(EMPTY, INF, 0),
        RuntimeError,
        r"norm: expected elements for p=inf, .* \(0, 2\)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
