"""Activations: kinks, both ends of the number line, and what each one saves for the backward pass."""

import math

import numpy as np
import pytest
from derivatives import gradients, leaf, with_gradient

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import tensor

INF = float("inf")


FLOATS = pytest.mark.parametrize("dtype", ["float32", "float64"])


@FLOATS
def test_sigmoid_at_the_ends(dtype):
    values, slopes = with_gradient(ops.sigmoid, [-INF, -1e4, 0.0, 1e4, INF], dtype)
    assert values == [0, 0, 0.5, 1, 1]
    assert slopes == [0, 0, 0.25, 0, 0]


def test_sigmoid_keeps_relative_accuracy_where_it_is_small():
    assert ops.sigmoid(tensor(-700.0, dtype="float64")).item() == pytest.approx(math.exp(-700), rel=1e-14)


@FLOATS
def test_tanh_at_the_ends(dtype):
    assert with_gradient(ops.tanh, [-INF, -1e4, 0.0, 1e4, INF], dtype) == ([-1, -1, 0, 1, 1], [0, 0, 1, 0, 0])


@pytest.mark.parametrize(
    ("function", "points", "expected"),
    [
        (ops.relu, [-1.0, 0, -0.0, 2], [0, 0, 0, 1]),
        (ops.relu6, [-1.0, 0, 3, 6, 6.5, 9], [0, 0, 1, 0, 0, 0]),
        (lambda x: ops.hardtanh(x, min_val=-1.0, max_val=2.0), [-2.0, -1, 0, 2, 3], [0, 0, 1, 0, 0]),
        (lambda x: ops.leaky_relu(x, negative_slope=0.1), [-1.0, 0, 1], [0.1, 0.1, 1]),
        (lambda x: ops.elu(x, alpha=2.0), [0.0, 1], [2, 1]),
        (lambda x: ops.softplus(x, beta=2.0, threshold=0.0), [0.0, 1], [0.5, 1]),
    ],
)
def test_slopes_at_kinks(function, points, expected):
    assert gradients(function, points)[0] == pytest.approx(expected, rel=1e-12)


def test_the_slope_of_prelu_at_zero_is_its_weight():
    x, w = leaf([0.0]), leaf([3.0])
    by_x, by_w = grad(ops.sum(ops.prelu(x, w)), [x, w], create_graph=True)
    assert (by_x.item(), by_w.item()) == (3, 0)
    assert grad(by_x, [w], leaf([1.0]))[0].item() == grad(by_w, [x], leaf([1.0]))[0].item() == 1


def test_the_second_derivative_of_elu_at_zero_is_zero():
    x = leaf([0.0, 0.5, -math.log(2)])
    (first,) = grad(ops.sum(ops.elu(x, alpha=2.0)), [x], create_graph=True)
    assert grad(ops.sum(first), [x])[0].tolist() == pytest.approx([0, 0, 1])


FORMULAS = {
    "elu": (lambda x: ops.elu(x, alpha=0.5), lambda v: v if v > 0 else 0.5 * math.expm1(v)),
    "silu": (ops.silu, lambda v: v / (1 + math.exp(-v))),
    "gelu": (ops.gelu, lambda v: v / 2 * (1 + math.erf(v / math.sqrt(2)))),
    "gelu by tanh": (
        lambda x: ops.gelu(x, approximate="tanh"),
        lambda v: v / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))),
    ),
    "softplus": (lambda x: ops.softplus(x, beta=2.0), lambda v: math.log1p(math.exp(2 * v)) / 2),
    "logsigmoid": (ops.logsigmoid, lambda v: -math.log1p(math.exp(-v))),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_values_follow_the_formula(name):
    op, formula = FORMULAS[name]
    x = np.linspace(-4, 4, 35).reshape(5, 7)[::-1, ::2]
    np.testing.assert_allclose(op(x), np.vectorize(formula)(x), rtol=1e-12, atol=1e-15)


@FLOATS
@pytest.mark.parametrize(
    ("op", "ends"),
    [
        (ops.silu, [0, 1e4]), (ops.gelu, [0, 1e4]), (ops.softplus, [0, 1e4]), (ops.logsigmoid, [-1e4, 0]),
        (ops.elu, [-1, 1e4]),
    ],
)  # fmt: skip
def test_far_out_nothing_overflows(op, ends, dtype):
    values, slopes = with_gradient(op, [-1e4, 1e4], dtype)
    assert values == ends
    assert np.isfinite(slopes).all()


@pytest.mark.parametrize(
    ("op", "saves_input", "saves_output"),
    [
        (ops.relu, False, True), (ops.relu6, False, True), (ops.sigmoid, False, True), (ops.tanh, False, True),
        (ops.silu, True, False), (ops.gelu, True, False), (ops.logsigmoid, True, False),
    ],
)  # fmt: skip
def test_what_is_saved_for_the_backward_pass(op, saves_input, saves_output):
    x = tensor([0.5, -0.5], requires_grad=True)
    node = op(x).grad_fn
    assert (node.args[0] is not None, node.out is not None) == (saves_input, saves_output)


def test_integers_become_floating_point_where_the_formula_is():
    x = tensor([1, -1])
    assert ops.relu(x).dtype == np.int64
    assert {op(x).dtype for op in (ops.sigmoid, ops.gelu, ops.silu, ops.leaky_relu)} == {np.dtype(np.float32)}


FLAGS = tensor([True, False])


@pytest.mark.parametrize(
    "op", [ops.relu, ops.relu6, lambda x: ops.hardtanh(x, min_val=0.0, max_val=1.0)], ids=["relu", "relu6", "hardtanh"]
)
def test_booleans_are_refused(op):
    with pytest.raises(RuntimeError, match="not defined for bool: booleans are not rectified"):
        op(FLAGS)
