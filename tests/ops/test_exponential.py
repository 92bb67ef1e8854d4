"""Powers, roots and logarithms at 0, below it and far out; gradients beside a singularity; integers and booleans."""

import math

import numpy as np
import pytest
from derivatives import gradients, leaf, weighted_twice, with_gradient

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import tensor

INF = float("inf")


@pytest.mark.parametrize(("exponent", "slope"), [(0, 0), (1, 1), (2, 0), (3, 0)])
def test_power_of_zero_by_a_number(exponent, slope):
    assert with_gradient(lambda x: ops.pow(x, exponent), [0.0], "float64") == ([0.0**exponent], [slope])


def test_power_of_zero_by_a_tensor():
    x = tensor([0.0, 0.0, 0.0], requires_grad=True)
    exponent = tensor([0.0, 1.0, 2.0], requires_grad=True)
    ops.sum(ops.pow(x, exponent)).backward()
    assert x.grad.tolist() == [0, 1, 0]
    assert exponent.grad.tolist() == [0, 0, 0]


def test_zero_to_a_tensor_power():
    exponent = tensor([0.0, 1.0, 2.5], requires_grad=True)
    ops.sum(ops.pow(0.0, exponent)).backward()
    assert exponent.grad.tolist() == [0, 0, 0]


def test_higher_orders_of_a_power_end_at_zero():
    x = tensor(0.0, dtype="float64", requires_grad=True)
    y = ops.pow(x, 3)
    for expected in (0, 0, 6, 0):
        (y,) = grad(y, x, create_graph=True)
        assert y.item() == expected


def test_log_and_sqrt_outside_their_domain():
    assert ops.log(tensor([0.0, 1.0])).tolist() == [-INF, 0]
    assert np.isnan(ops.log(tensor(-1.0)).item())
    assert np.isnan(ops.sqrt(tensor(-1.0)).item())


def test_the_slope_of_a_power_of_zero_does_not_depend_on_the_exponent():
    x, exponent = leaf([2.0, 2.0]), leaf([0.0, 1.0])
    (slope,) = grad(ops.sum(ops.pow(x, exponent)), [x], create_graph=True)
    (mixed,) = grad(ops.sum(slope), [exponent])
    assert slope.tolist() == [0, 1]
    assert mixed.tolist() == pytest.approx([0, 1 + math.log(2)])


def test_integers_to_negative_powers_are_rounded_toward_zero():
    assert ops.pow(tensor([2, 1, -1, 0]), tensor([-1, -2, -3, -1])).tolist() == [0, 1, -1, 0]
    assert ops.pow(2, tensor([-1, 3])).tolist() == [0, 8]


# --- singularities --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [ops.log, ops.sqrt])
def test_a_masked_singularity_leaves_no_nan_at_first_or_second_order(op):
    x = tensor([0.0, 1.0, 4.0, -1.0], dtype="float64", requires_grad=True)
    y = ops.where(x > 0, op(x), 0)
    (first,) = grad(ops.sum(y), x, create_graph=True)
    (second,) = grad(ops.sum(first), x)
    expected = {"log": ([0, 1, 0.25, 0], [0, -1, -1 / 16, 0]), "sqrt": ([0, 0.5, 0.25, 0], [0, -0.25, -1 / 32, 0])}
    assert (first.tolist(), second.tolist()) == expected[op.name]


@pytest.mark.parametrize("op", [ops.log, ops.sqrt])
def test_an_unmasked_singularity_stays_infinite(op):
    assert gradients(op, [0.0]) == [[INF]]


@pytest.mark.parametrize("op", [ops.log, ops.sqrt])
def test_the_gradient_with_respect_to_a_zero_weight_is_the_true_one(op):
    x = tensor([4.0], dtype="float64", requires_grad=True)
    weight = tensor([0.0], dtype="float64", requires_grad=True)
    (first,) = grad(op(x), x, weight, create_graph=True)
    assert grad(first, weight)[0].tolist() == [0.25]


def test_roots_send_back_nothing_where_nothing_comes_in():
    first, second = weighted_twice(ops.sqrt, [0.0, 0.0, 4.0, 0.25], [0.0, 1.0, 0.0, 0.0])
    assert first == [0, math.inf, 0, 0]
    assert second[2:] == [0.25, 1]


@pytest.mark.parametrize(
    ("function", "pole", "scale"),
    [(ops.log, 0.0, 1.0), (ops.log2, 0.0, math.log(2)), (ops.log10, 0.0, math.log(10)), (ops.log1p, -1.0, 1.0)],
)
def test_logarithms_send_back_nothing_where_nothing_comes_in(function, pole, scale):
    x = [value + pole for value in (0.0, 0.0, 4.0, 1.0, 2.0, 0.5)]
    first, second = weighted_twice(function, x, [0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
    assert first == pytest.approx([0, math.inf, 0, 0, 0, 2 / scale])
    assert second[2:] == pytest.approx([0.25 / scale, 1 / scale, 0.5 / scale, 2 / scale])


@pytest.mark.parametrize(
    ("op", "x", "expected"),
    [
        (ops.exp, [-INF, -1e4, 1e4], [0, 0, INF]),
        (ops.expm1, [-INF, 1e-20, 1e4], [-1, 1e-20, INF]),
        (ops.log1p, [-1.0, 1e-20, INF], [-INF, 1e-20, INF]),
        (ops.log2, [0.0, 8.0], [-INF, 3]),
        (ops.log10, [0.0, 1000.0], [-INF, 3]),
        (ops.rsqrt, [0.0, 4.0, INF], [INF, 0.5, 0]),
        (ops.reciprocal, [0.0, -0.0, INF], [INF, -INF, 0]),
        (ops.erf, [-INF, 0.0, 0.5, INF], [-1, 0, math.erf(0.5), 1]),
    ],
    ids=lambda one: getattr(one, "name", None),
)
def test_values_at_special_points(op, x, expected):
    assert op(tensor(x, dtype="float64")).tolist() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("op", [ops.log, ops.log2, ops.log10, ops.sqrt, ops.rsqrt])
def test_below_zero_there_is_nan_and_no_warning(op):
    assert math.isnan(op(tensor(-1.0)).item())


def test_booleans_and_integers():
    flags = tensor([True, False])
    assert {op(flags).dtype for op in (ops.erf, ops.rsqrt, ops.reciprocal, ops.exp)} == {np.dtype(np.float32)}
    assert ops.square(flags).dtype == np.int64
    assert ops.square(tensor([3], dtype="int8")).dtype == np.int8
    assert ops.pow(flags, 2).dtype == np.int64


def test_exp_saves_its_output_and_log_its_input():
    x = tensor([1.0, 2.0], requires_grad=True)
    for op, saves_input in ((ops.exp, False), (ops.sqrt, False), (ops.log, True), (ops.square, True)):
        node = op(x).grad_fn
        assert (node.args[0] is not None, node.out is not None) == (saves_input, not saves_input)


FLAGS, NUMBERS = tensor([True, False]), tensor([1, 2])
REFUSED = {
    "pow booleans": (lambda: FLAGS**FLAGS, RuntimeError, "pow: not defined for bool and bool: booleans have no powers"),
    "pow negative": (lambda: NUMBERS**-1, RuntimeError, "pow: not defined for int64: .*negative integer powers"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
