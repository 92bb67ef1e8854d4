"""Arithmetic, exponentials and choices where samples cannot look: edges, kinks, dtypes, and what is refused."""

import math

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import ones, tensor, zeros

INF, NAN = float("inf"), float("nan")


def gradients(function, *values):
    leaves = [tensor(value, dtype="float64", requires_grad=True) for value in values]
    ops.sum(function(*leaves)).backward()
    return [leaf.grad.tolist() for leaf in leaves]


# --- division -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_quotients_and_remainders_have_the_signs_that_python_gives_them(dtype):
    x, y = [7, -7, 7, -7, 6, 0], [2, 2, -2, -2, 3, -5]
    a, b = tensor(x, dtype=dtype), tensor(y, dtype=dtype)
    assert ops.floor_divide(a, b).tolist() == [i // j for i, j in zip(x, y, strict=True)]
    assert ops.remainder(a, b).tolist() == [i % j for i, j in zip(x, y, strict=True)]
    assert ops.div(a, b, rounding_mode="trunc").tolist() == [int(i / j) for i, j in zip(x, y, strict=True)]
    assert ops.div(a, b, rounding_mode="floor").dtype == dtype
    assert ops.div(a, b).tolist() == pytest.approx([i / j for i, j in zip(x, y, strict=True)])


def test_floats_divided_by_zero():
    x = tensor([1.0, -1.0, 0.0])
    for mode in (None, "floor", "trunc"):
        assert ops.div(x, 0.0, rounding_mode=mode).tolist()[:2] == [INF, -INF]
        assert math.isnan(ops.div(x, 0.0, rounding_mode=mode)[2].item())
    assert np.isnan(ops.remainder(x, 0.0).array).all()
    assert ops.remainder(tensor(-1.0), INF).item() == INF


def test_rounded_quotients_have_gradient_zero():
    for mode in ("floor", "trunc"):
        assert gradients(lambda x, y, m=mode: ops.div(x, y, rounding_mode=m), [7.5, -7.5], 2.0) == [[0, 0], 0]
    assert gradients(ops.remainder, [7.5, -7.5], 2.0) == [[1, 1], -3 + 4]
    assert gradients(ops.sign, [-2.0, 0.0, INF]) == [[0, 0, 0]]


# --- masked singularities ------------------------------------------------------------------------------------------


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
def test_the_gradient_with_respect_to_a_zero_upstream_is_the_true_one(op):
    x = tensor([4.0], dtype="float64", requires_grad=True)
    weight = tensor([0.0], dtype="float64", requires_grad=True)
    (first,) = grad(op(x), x, weight, create_graph=True)
    assert grad(first, weight)[0].tolist() == [0.25]


# --- choices --------------------------------------------------------------------------------------------------------


def test_clamp_gives_the_gradient_of_what_lies_beyond_to_the_limit():
    x, low, high = [0.0, 1, 2, 3, 4, 2, NAN], [1.0, 1, 1, 1, 1, 3, 1], [3.0, 3, 3, 3, 3, 1, 3]
    assert gradients(ops.clamp, x, low, high) == [[0, 1, 1, 1, 0, 0, 0], [1] + [0] * 6, [0, 0, 0, 0, 1, 1, 0]]
    assert ops.clamp(tensor(x), tensor(low), tensor(high)).tolist()[:6] == [1, 1, 2, 3, 3, 1]


def test_clamp_promotes_and_broadcasts():
    assert ops.clamp(tensor([1, 5]), 0, 2.5).tolist() == [1.0, 2.5]
    assert ops.clamp(tensor([1, 5]), 2).dtype == "int64"
    assert ops.clamp(ones(2), tensor(1.0, dtype="float64")).dtype == "float32"
    assert ops.clamp(ones(2), max=zeros(3, 1)).shape == (3, 2)
    assert np.isnan(ops.clamp(ones(2), NAN).array).all()


@pytest.mark.parametrize("op", [ops.maximum, ops.minimum])
def test_nan_goes_through_a_choice_and_so_does_its_gradient(op):
    assert gradients(op, [NAN, 1.0], [0.0, NAN]) == [[1, 1], [1, 1]]


def test_the_sign_of_nan_is_zero_and_so_is_the_slope_of_its_size():
    assert ops.sign(tensor([NAN, -INF, -0.0])).tolist() == [0, -1, 0]
    assert gradients(ops.abs, [NAN, -INF]) == [[0, -1]]


# --- dtypes and refusals --------------------------------------------------------------------------------------------


def test_alpha_scales_the_second():
    assert ops.add(tensor([1, 2]), 3, alpha=2).tolist() == [7, 8]
    assert ops.sub(ones(2), tensor([1, 2]), alpha=0.5).tolist() == [0.5, 0]
    assert ops.add(tensor([True, False]), tensor([True, False]), alpha=True).dtype == "?"
    assert ops.add(ones(2, dtype="f4"), ones(2, dtype="f4"), alpha=0.1).dtype == "f4"
    assert gradients(lambda x, y: ops.sub(x, y, alpha=3), [1.0], [2.0, 3.0]) == [[2], [-3, -3]]


def test_booleans_and_integers_become_what_pytorch_makes_of_them():
    flags = tensor([True, False])
    for name in ("sin", "cos", "erf", "rsqrt", "reciprocal"):
        assert getattr(ops, name)(flags).dtype == np.float32
    assert ops.square(flags).dtype == np.int64
    assert ops.square(tensor([3], dtype="int8")).dtype == np.int8
    assert ops.sign(flags).dtype == np.bool_
    assert ops.pow(flags, 2).dtype == np.int64
    assert ops.logical_and(ones(1), tensor([2])).dtype == np.bool_
    assert ops.isnan(tensor([1])).tolist() == [False]


def test_integers_to_negative_powers_are_rounded_toward_zero():
    assert ops.pow(tensor([2, 1, -1, 0]), tensor([-1, -2, -3, -1])).tolist() == [0, 1, -1, 0]
    assert ops.pow(2, tensor([-1, 3])).tolist() == [0, 8]


FLAGS, NUMBERS = tensor([True, False]), tensor([1, 2])
REFUSED = {
    "shapes": (
        lambda: ones(2, 3) + ones(2),
        RuntimeError,
        r"add: expected shapes that broadcast .* \(2, 3\) and \(2,\)",
    ),
    "where shapes": (
        lambda: ops.where(FLAGS, ones(3), 0),
        RuntimeError,
        r"where: expected shapes .* \(2,\) and \(3,\)",
    ),
    "clamp shapes": (lambda: ops.clamp(ones(2), ones(3)), RuntimeError, r"clamp: expected shapes .* \(2,\) and \(3,\)"),
    "operand": (lambda: ops.mul(ones(2), "a"), TypeError, "mul: expected tensors or numbers, got str"),
    "where condition": (
        lambda: ops.where(ones(2), 1, 2),
        RuntimeError,
        "where: expected a condition of booleans, got float32",
    ),
    "sub booleans": (lambda: FLAGS - FLAGS, RuntimeError, "sub: not defined for bool and bool"),
    "sub boolean": (lambda: 1 - FLAGS, RuntimeError, r"sub: expected numbers, got booleans; use ~"),
    "sub true": (lambda: NUMBERS - True, RuntimeError, "sub: expected numbers, got booleans"),
    "neg": (lambda: -FLAGS, RuntimeError, "neg: not defined for bool"),
    "abs": (lambda: abs(FLAGS), RuntimeError, "abs: not defined for bool: booleans have no sign"),
    "pow booleans": (lambda: FLAGS**FLAGS, RuntimeError, "pow: not defined for bool and bool: booleans have no powers"),
    "pow negative": (lambda: NUMBERS**-1, RuntimeError, "pow: not defined for int64: .*negative integer powers"),
    "floor booleans": (lambda: ops.floor_divide(FLAGS, FLAGS), RuntimeError, "floor_divide: not defined for bool"),
    "floor zero": (lambda: ops.floor_divide(NUMBERS, 0), RuntimeError, "floor_divide: expected integers other than 0"),
    "trunc zero": (
        lambda: ops.div(NUMBERS, NUMBERS - 1, rounding_mode="trunc"),
        RuntimeError,
        "trunc_divide: expected int",
    ),
    "remainder zero": (lambda: ops.remainder(NUMBERS, 0), RuntimeError, "remainder: expected integers other than 0"),
    "rounding": (
        lambda: ops.div(NUMBERS, 2, rounding_mode="up"),
        RuntimeError,
        "div: expected rounding_mode None, .* 'up'",
    ),
    "alpha": (lambda: ops.add(NUMBERS, 1, alpha=0.5), RuntimeError, "add: expected alpha as an int .* int64, got 0.5"),
    "relu": (lambda: ops.relu(FLAGS), RuntimeError, "relu: not defined for bool"),
    "bits": (
        lambda: ops.bitwise_and(ones(2), ones(2)),
        RuntimeError,
        "bitwise_and: not defined for float32 and float32",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
