"""Arithmetic: signs and rounding of quotients, division by zero, alpha, dtypes, and what is refused."""

import math

import numpy as np
import pytest
from derivatives import gradients

from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones, tensor

INF, NAN = float("inf"), float("nan")


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


def test_the_remainder_of_c_has_the_sign_of_the_dividend():
    x, y = [7.5, -7.5, 7.5, -7.5], [2.0, 2.0, -2.0, -2.0]
    assert ops.fmod(tensor(x), tensor(y)).tolist() == [math.fmod(a, b) for a, b in zip(x, y, strict=True)]
    assert gradients(ops.fmod, [7.5, -7.5], 2.0) == [[1, 1], -3 + 3]


def test_the_gradient_of_a_quotient_does_not_square_a_small_divisor():
    assert gradients(ops.div, 1e-300, 1e-200) == [1e200, -1e100]


def test_the_sign_of_nan_is_zero_and_so_is_the_slope_of_its_size():
    assert ops.sign(tensor([NAN, -INF, -0.0])).tolist() == [0, -1, 0]
    assert gradients(ops.abs, [NAN, -INF]) == [[0, -1]]


def test_alpha_scales_the_second():
    assert ops.add(tensor([1, 2]), 3, alpha=2).tolist() == [7, 8]
    assert ops.sub(ones(2), tensor([1, 2]), alpha=0.5).tolist() == [0.5, 0]
    assert ops.add(tensor([True, False]), tensor([True, False]), alpha=True).dtype == "?"
    assert ops.add(ones(2, dtype="f4"), ones(2, dtype="f4"), alpha=0.1).dtype == "f4"
    assert gradients(lambda x, y: ops.sub(x, y, alpha=3), [1.0], [2.0, 3.0]) == [[2], [-3, -3]]


def test_the_gradient_of_a_size_at_zero_is_zero():
    assert gradients(ops.abs, [0.0, -0.0, 2.0, -3.0]) == [[0, 0, 1, -1]]


@pytest.mark.parametrize("alpha", [1, 2, 3])
def test_the_second_of_two_terms_is_scaled(alpha):
    assert gradients(lambda x, y: ops.add(x, y, alpha=alpha), [1.0], [2.0]) == [[1], [alpha]]
    assert gradients(lambda x, y: ops.sub(x, y, alpha=alpha), [1.0], [2.0]) == [[1], [-alpha]]


def test_what_a_product_saves_is_what_the_wanted_gradients_read():
    x, y = ones(2, requires_grad=True), ones(2)
    node = ops.mul(x, y).grad_fn
    assert node.args[0] is None
    assert node.args[1] is y.array
    assert ops.add(x, y).grad_fn.saved is False


@pytest.mark.parametrize("call", [lambda x: x + (-3), lambda x: x * 300, lambda x: x.add(x, alpha=-3)])
def test_a_number_that_the_dtype_cannot_hold_is_refused(call):
    with pytest.raises(RuntimeError, match=r"(add|mul): a number does not fit.*out of bounds for uint8.*convert"):
        call(tensor([1, 2], dtype="uint8"))


FLAGS, NUMBERS = tensor([True, False]), tensor([1, 2])
REFUSED = {
    "shapes": (
        lambda: ones(2, 3) + ones(2),
        RuntimeError,
        r"add: expected shapes that broadcast .* \(2, 3\) and \(2,\)",
    ),
    "operand": (lambda: ops.mul(ones(2), "a"), TypeError, "mul: expected tensors or numbers, got str"),
    "sub booleans": (lambda: FLAGS - FLAGS, RuntimeError, "sub: not defined for bool and bool"),
    "sub boolean": (lambda: 1 - FLAGS, RuntimeError, r"sub: expected numbers, got booleans; use ~"),
    "sub true": (lambda: NUMBERS - True, RuntimeError, "sub: expected numbers, got booleans"),
    "neg": (lambda: -FLAGS, RuntimeError, "neg: not defined for bool"),
    "abs": (lambda: abs(FLAGS), RuntimeError, "abs: not defined for bool: booleans have no sign"),
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
    "fmod zero": (lambda: ops.fmod(NUMBERS, 0), RuntimeError, "fmod: expected integers other than 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
