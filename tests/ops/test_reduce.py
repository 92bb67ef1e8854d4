"""Reductions where samples cannot look: zeros, ties, infinities, nothing at all, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import ones, tensor, zeros

INF, NAN = float("inf"), float("nan")


def gradients(function, values):
    leaf = tensor(values, dtype="float64", requires_grad=True)
    ops.sum(function(leaf)).backward()
    return leaf.grad.tolist()


def second_order(function, values):
    """Return the matrix of second derivatives of a function of a vector."""
    leaf = tensor(values, dtype="float64", requires_grad=True)
    (first,) = grad(function(leaf), leaf, create_graph=True)
    if not first.requires_grad:
        return [[0.0] * len(values) for _ in values]
    return [grad(first[i], leaf, retain_graph=True)[0].tolist() for i in range(len(values))]


# --- prod -----------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, -2.0, 3.0]), min_size=1, max_size=9))
def test_both_orders_of_a_product_are_the_products_of_the_others(values):
    n = len(values)
    others = lambda *left: math.prod(value for i, value in enumerate(values) if i not in left)  # noqa: E731
    assert gradients(ops.prod, values) == [others(i) for i in range(n)]
    expected = [[0.0 if i == j else others(i, j) for j in range(n)] for i in range(n)]
    assert second_order(ops.prod, values) == expected if n > 1 else True


def test_the_product_of_nothing_is_one():
    assert ops.prod(zeros(0)).item() == 1
    assert ops.prod(zeros(2, 0), 1).tolist() == [1, 1]
    assert gradients(lambda x: ops.prod(x, 1), np.zeros((2, 0))) == [[], []]


def test_many_factors_do_not_recurse_deeply():
    assert gradients(ops.prod, np.ones(100_001)) == [1] * 100_001


# --- norm, var, std -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, -1, INF, -INF, "fro", None])
def test_the_norm_of_zero_has_gradient_zero(p):
    assert gradients(lambda x: ops.norm(x, p), [0.0, 0.0]) == [0, 0]
    assert second_order(lambda x: ops.norm(x, p), [0.0, 0.0]) == [[0, 0], [0, 0]]


@pytest.mark.parametrize(("p", "slopes"), [(0.5, [0, 2, -2]), (1, [0, 1, -1]), (2, [0, 0.5**0.5, -(0.5**0.5)])])
def test_a_zero_among_others_has_slope_zero(p, slopes):
    assert gradients(lambda x: ops.norm(x, p), [0.0, 3.0, -3.0]) == pytest.approx(slopes)


def test_equal_largest_sizes_share_the_gradient():
    assert gradients(lambda x: ops.norm(x, INF), [1.0, 3.0, -3.0]) == [0, 0.5, -0.5]
    assert gradients(lambda x: ops.norm(x, -INF), [-1.0, 3.0, 1.0]) == [-0.5, 0, 0.5]


def test_norms_of_large_and_small_numbers_in_every_dtype():
    assert ops.norm(tensor([3.0, 4.0]), dtype="float64").dtype == "float64"
    assert ops.norm(tensor([[3.0, 4.0], [6.0, 8.0]]), dim=1, keepdim=True).tolist() == [[5], [10]]
    assert ops.norm(zeros(0)).item() == 0


def test_the_deviation_of_equal_numbers_has_gradient_zero():
    assert gradients(ops.std, [2.0, 2.0, 2.0]) == [0, 0, 0]
    assert second_order(ops.std, [2.0, 2.0]) == [[0, 0], [0, 0]]


def test_unbiased_may_stand_in_the_place_of_dim():
    x = tensor([[1.0, 3.0], [5.0, 5.0]], dtype="float64")
    for given_as in ((False,), (None, False), (None,)):
        how = {} if False in given_as else {"correction": 0}
        assert ops.var(x, *given_as, **how).item() == 2.75
    assert ops.var(x, 1, False, True).tolist() == [[1], [0]]
    assert ops.std(x, 1).tolist() == [2**0.5, 0]


@pytest.mark.parametrize("op", [ops.var, ops.std])
def test_without_a_degree_of_freedom_there_is_a_warning(op):
    with pytest.warns(UserWarning, match=f"{op.__name__}: 1 elements less a correction of 1"):
        assert math.isnan(op(tensor([1.0])).item())
    with pytest.warns(UserWarning, match="no degree of freedom"):
        assert op(tensor([1.0, 2.0]), correction=5).item() == INF


# --- logsumexp, cumsum, truth, extremes -------------------------------------------------------------------------------


def test_logsumexp_does_not_overflow():
    x = tensor([[1000.0, 1000.0], [-1000.0, -INF], [-INF, -INF], [INF, 1.0]], dtype="float64")
    assert ops.logsumexp(x, 1).tolist() == [1000 + math.log(2), -1000, -INF, INF]
    assert gradients(lambda x: ops.logsumexp(x, 0), [1000.0, 1000.0, -INF]) == pytest.approx([0.5, 0.5, 0])
    assert ops.logsumexp(zeros(0, 2), 0).tolist() == [-INF, -INF]
    assert ops.logsumexp(tensor([0, 0]), 0).dtype == np.float32


def test_sums_convert_first():
    assert ops.sum(tensor([1.7, 1.7]), dtype="int64").item() == 2
    assert ops.sum(tensor([200, 100], dtype="uint8"), dtype="int32").dtype == "int32"
    assert ops.mean(tensor([1, 2]), dtype="float64").item() == 1.5
    assert ops.prod(tensor([2, 3]), dtype="float32").dtype == "float32"
    assert ops.cumsum(tensor([True, True]), 0).tolist() == [1, 2]
    assert ops.cumsum(tensor([1.5, 1.5]), 0, dtype="int32").tolist() == [1, 2]
    x = tensor([1.0, 2.0], requires_grad=True)
    ops.sum(x, dtype="float64").backward()
    assert x.grad.dtype == np.float32


def test_truth_of_all_and_any():
    assert ops.any(tensor([NAN])).item() is True
    assert ops.all(zeros(0)).item() is True
    assert ops.any(zeros(0)).item() is False
    assert ops.all(tensor([1, 2], dtype="uint8")).dtype == np.uint8
    assert ops.all(ones(2, 3), (0, 1), True).shape == (1, 1)


def test_extremes_of_booleans():
    assert ops.max(tensor([False, True]), 0).indices.item() == 1
    assert ops.amin(tensor([False, True])).item() is False


EMPTY = zeros(0, 2)
REFUSED = {
    "max of nothing": (lambda: ops.max(EMPTY), RuntimeError, "amax: expected elements to choose from"),
    "amin of nothing": (lambda: ops.amin(EMPTY), RuntimeError, "amin: expected elements to choose from"),
    "amin along nothing": (
        lambda: ops.amin(EMPTY, 0),
        IndexError,
        r"amin: .* shape \(0, 2\) with none along dim \(0,\)",
    ),
    "argmin of nothing": (lambda: ops.argmin(EMPTY), IndexError, "argmin: expected elements to choose from"),
    "argmax of booleans": (lambda: ops.argmax(tensor([True])), RuntimeError, "argmax: expected numbers, got booleans"),
    "cumsum dim": (lambda: ops.cumsum(ones(2), 1), IndexError, r"cumsum: expected dim in \[-1, 0\]"),
    "prod dim": (lambda: ops.prod(ones(2), (0,)), TypeError, r"prod: expected dim as an int, got \(0,\)"),
    "mean dtype": (lambda: ops.mean(ones(2), dtype="int64"), RuntimeError, "mean: expected a floating-point input"),
    "norm name": (lambda: ops.norm(ones(2), "nuc"), RuntimeError, "norm: expected p as a number or 'fro', got 'nuc'"),
    "norm integers": (lambda: ops.norm(tensor([1])), RuntimeError, "norm: expected a floating-point input, got int64"),
    "norm dtype": (lambda: ops.norm(ones(2), dtype="int64"), RuntimeError, "norm: expected a floating-point dtype"),
    "norm of nothing": (
        lambda: ops.norm(EMPTY, INF, 0),
        RuntimeError,
        r"norm: expected elements for p=inf, .* \(0, 2\)",
    ),
    "var integers": (lambda: ops.var(tensor([1, 2])), RuntimeError, "var: expected a floating-point input, got int64"),
    "std twice": (lambda: ops.std(ones(2), 0, True, correction=1), TypeError, "std: expected unbiased or correction"),
    "var dim": (lambda: ops.var(ones(2), True, False), TypeError, "var: expected dim as an int, got True"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
