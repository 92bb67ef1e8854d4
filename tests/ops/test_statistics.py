"""Variance and deviation: corrections, equal numbers, single elements, and what is refused."""

import math

import numpy as np
import pytest
from derivatives import gradients, leaf, second_order

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import ones, tensor, zeros

INF = float("inf")


def test_the_deviation_of_equal_numbers_has_gradient_zero():
    assert gradients(ops.std, [2.0, 2.0, 2.0]) == [[0, 0, 0]]
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


def test_values_are_those_of_numpy():
    x = np.random.default_rng(0).standard_normal((3, 5, 4))[:, ::-1]
    for dim, axes in ((None, None), (1, 1), ((0, -1), (0, 2))):
        np.testing.assert_allclose(ops.var(x, dim), x.var(axes, ddof=1), rtol=1e-12)
        np.testing.assert_allclose(ops.std(x, dim, correction=0, keepdim=True), x.std(axes, keepdims=True), rtol=1e-12)


def test_a_large_mean_costs_no_accuracy():
    x = np.array([1e8, 1e8 + 1, 1e8 + 2])
    assert ops.var(x).item() == 1


@pytest.mark.filterwarnings("ignore:var. 1 elements less a correction of 1:UserWarning")
def test_the_variance_of_one_element_has_no_gradient():
    assert np.isnan(gradients(lambda x: ops.var(x, 1), [[2.0], [3.0]])[0]).all()


def test_second_order_is_zero_where_the_deviation_has_no_slope():
    x = leaf(np.zeros(3))
    (first,) = grad(ops.std(x), [x], leaf(1.5), create_graph=True)
    (second,) = grad(ops.sum(first * leaf([1.0, 2.0, 4.0])), [x])
    assert (first.tolist(), second.tolist()) == ([0, 0, 0], [0, 0, 0])


def test_variances_along_an_axis_of_nothing_else_are_empty():
    assert ops.var(zeros(0, 2), 1).shape == (0,)
    assert np.isnan(ops.var(zeros(0)).array)


REFUSED = {
    "var integers": (lambda: ops.var(tensor([1, 2])), RuntimeError, "var: expected a floating-point input, got int64"),
    "std twice": (lambda: ops.std(ones(2), 0, True, correction=1), TypeError, "std: expected unbiased or correction"),
    "var dim": (lambda: ops.var(ones(2), True, False), TypeError, "var: expected dim as an int, got True"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
