"""Circular and hyperbolic functions: special angles, the ends of their domains, inverses, and who saves what."""

import math

import numpy as np
import pytest
from derivatives import gradients

from tinygrad_cnn import ops
from tinygrad_cnn.creation import tensor

INF = float("inf")


ANGLES = {
    "sin": ([0.0, math.pi / 6, math.pi / 2], [0, 0.5, 1]),
    "cos": ([0.0, math.pi / 3, math.pi], [1, 0.5, -1]),
    "tan": ([0.0, math.pi / 4], [0, 1]),
    "asin": ([-1.0, 0.5, 1.0], [-math.pi / 2, math.pi / 6, math.pi / 2]),
    "acos": ([-1.0, 0.5, 1.0], [math.pi, math.pi / 3, 0]),
    "atan": ([-INF, 1.0, INF], [-math.pi / 2, math.pi / 4, math.pi / 2]),
    "sinh": ([-1e4, 0.0, 1e4], [-INF, 0, INF]),
    "cosh": ([-1e4, 0.0, 1e4], [INF, 1, INF]),
    "asinh": ([-INF, 0.0, math.sinh(2)], [-INF, 0, 2]),
    "acosh": ([1.0, math.cosh(2), INF], [0, 2, INF]),
    "atanh": ([-1.0, 0.0, math.tanh(2), 1.0], [-INF, 0, 2, INF]),
}


@pytest.mark.parametrize("name", ANGLES)
def test_values_at_special_points(name):
    x, expected = ANGLES[name]
    assert getattr(ops, name)(np.array(x)).tolist() == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("op", "x"), [(ops.asin, 1.5), (ops.acos, -1.5), (ops.acosh, 0.5), (ops.atanh, 2.0), (ops.sin, INF), (ops.cos, INF)]
)
def test_outside_the_domain_there_is_nan_and_no_warning(op, x):
    assert math.isnan(op(tensor(x)).item())


@pytest.mark.parametrize(
    ("op", "x", "slope"),
    [(ops.asin, 1.0, INF), (ops.acos, 1.0, -INF), (ops.acosh, 1.0, INF), (ops.atan, 1e200, 0), (ops.tan, 0.0, 1)],
)
def test_slopes_at_the_ends(op, x, slope):
    assert gradients(op, x) == [slope]


@pytest.mark.parametrize(
    ("y", "x", "angle"), [(0.0, -1.0, 180), (-0.0, -1.0, -180), (1.0, 0.0, 90), (-1.0, -1.0, -135)]
)
def test_an_angle_lies_in_the_quadrant_of_its_point(y, x, angle):
    assert math.degrees(ops.atan2(tensor(y, dtype="float64"), tensor(x, dtype="float64")).item()) == pytest.approx(
        angle
    )


def test_an_angle_has_no_slope_at_the_origin():
    assert gradients(ops.atan2, [0.0, 0.0], [0.0, 1.0]) == [[0, 1], [0, 0]]


def test_odd_functions_keep_the_sign_of_zero_and_the_strides_of_the_input_do_not_matter():
    x = np.linspace(-0.9, 0.9, 30).reshape(5, 6).T[::2, 1:]
    for op in (ops.sin, ops.tan, ops.asin, ops.atan, ops.sinh, ops.asinh, ops.atanh):
        np.testing.assert_array_equal(op(-x), -op(x))
        assert np.signbit(op(np.array(-0.0)))


def test_the_tangent_saves_its_output_and_the_others_their_input():
    x = tensor([0.5], requires_grad=True)
    for op in (ops.sin, ops.cos, ops.asin, ops.sinh, ops.atanh):
        node = op(x).grad_fn
        assert node.args[0] is x.array
        assert node.out is None
    node = ops.tan(x).grad_fn
    assert node.args[0] is None
    assert node.out is not None


def test_integers_become_the_default_dtype():
    assert {getattr(ops, name)(tensor([1])).dtype for name in ANGLES} == {np.dtype(np.float32)}
    assert ops.atan2(tensor([1]), tensor([True])).dtype == np.float32
