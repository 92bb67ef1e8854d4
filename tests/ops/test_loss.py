"""Losses at their kinks, at the ends of their ranges, and over nothing: finite gradients, and of which value."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import from_numpy, tensor


def leaf(values):
    return tensor(values, dtype="float64", requires_grad=True)


def two_orders(loss, *leaves):
    """Return the gradients of the sum of `loss`, and those of the sum of the first of them, as lists."""
    first = grad(ops.sum(loss), leaves, create_graph=True)
    if not first[0].requires_grad:
        return [one.tolist() for one in first], None
    second = grad(ops.sum(first[0]), leaves, allow_unused=True)
    return [one.tolist() for one in first], [one if one is None else one.tolist() for one in second]


def test_the_absolute_error_has_no_slope_where_it_is_zero():
    x, t = leaf([1.0, 2.0, 3.0]), leaf([2.0, 2.0, 2.0])
    first, _ = two_orders(ops.l1_loss(x, t, reduction="none"), x, t)
    assert first == [[-1, 0, 1], [1, 0, -1]]


@pytest.mark.parametrize(
    ("loss", "slope", "curvature"),
    [
        (lambda x, t: ops.smooth_l1_loss(x, t, reduction="sum", beta=0.5), [-1, -0.5, 0, 0.5, 1], [0, 2, 2, 2, 0]),
        (lambda x, t: ops.huber_loss(x, t, reduction="sum", delta=0.5), [-0.5, -0.25, 0, 0.25, 0.5], [0, 1, 1, 1, 0]),
    ],
)
def test_the_corner_belongs_to_the_straight_line(loss, slope, curvature):
    x, t = leaf([-0.5, -0.25, 0.0, 0.25, 0.5]), leaf([0.0] * 5)
    first, second = two_orders(loss(x, t), x, t)
    assert first == [slope, [-one for one in slope]]
    assert second == [curvature, [-one for one in curvature]]


def test_binary_cross_entropy_is_finite_where_a_probability_is_0_or_1():
    x, t = leaf([0.0, 1.0, 0.0, 1.0]), leaf([0.0, 1.0, 1.0, 0.0])
    loss = ops.binary_cross_entropy(x, t, None, reduction="none")
    assert loss.tolist() == [0, 0, 100, 100]
    (by_x, by_t), second = two_orders(loss, x, t)
    assert by_x == [0, 0, -1e12, 1e12]
    assert by_t == [100, -100, 100, -100]
    assert np.isfinite(second).all()


def test_a_clamped_logarithm_does_not_move_with_the_probability():
    x, t = leaf([0.0, 1e-44, 1e-43, 1.0]), leaf([0.5] * 4)
    loss = ops.binary_cross_entropy(x, t, None, reduction="sum")
    (by_t,) = grad(loss, [t], create_graph=True)
    assert by_t.tolist() == pytest.approx([100, 100, -np.log(1e-43), -100])
    (mixed,) = grad(ops.sum(by_t), [x])
    assert mixed.tolist() == pytest.approx([-1, -1, -1e43, -1])


@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 1.0, 2.0]])
def test_logits_of_any_size_give_finite_losses_and_gradients(weight):
    x, t = leaf([-1e4, 1e4, -1e4, 1e4]), leaf([0.0, 1.0, 1.0, 0.0])
    weight = weight and tensor(weight, dtype="float64")
    loss = ops.binary_cross_entropy_with_logits(x, t, None, weight, reduction="none")
    assert loss.tolist() == [0, 0, 1e4, 1e4]
    (by_x, _), second = two_orders(loss, x, t)
    assert by_x == [0, 0, -1, 1]
    assert np.isfinite(second).all()


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_positions_that_all_count_for_nothing_send_no_gradient(reduction):
    x, share = leaf([[0.0, -np.inf], [1.0, 2.0]]), from_numpy(np.zeros(2))
    target = from_numpy(np.array([1, 0]))
    picked = ops.nll_loss(x, target, share, reduction=reduction, count=0.0)
    soft = ops.soft_cross_entropy(x, from_numpy(np.zeros((2, 2))), reduction=reduction, count=0.0)
    for loss in (picked, soft):
        assert (loss.item() == 0) if reduction == "sum" else np.isnan(loss.item())
        assert grad(loss, [x])[0].tolist() == [[0, 0], [0, 0]]


def test_a_class_that_cannot_be_and_is_not_wanted_costs_nothing():
    x, q = leaf([[0.0, -np.inf, 0.0]]), from_numpy(np.array([[0.25, 0.0, 0.75]]))
    loss = ops.soft_cross_entropy(x, q, reduction="sum", count=1.0)
    assert loss.item() == pytest.approx(np.log(2))
    assert grad(loss, [x])[0].tolist() == [[0.25, 0, -0.25]]


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy"])
def test_a_loss_over_nothing_has_gradients_of_nothing(name, reduction):
    x, t = leaf(np.zeros((0, 3))), leaf(np.zeros((0, 3)))
    more = {"smooth_l1_loss": {"beta": 1.0}, "huber_loss": {"delta": 1.0}}.get(name, {})
    extra = [None] if name == "binary_cross_entropy" else []
    loss = getattr(ops, name)(x, t, *extra, reduction=reduction, **more)
    assert {"none": loss.shape == (0, 3), "sum": loss.tolist() == 0, "mean": np.isnan(loss.tolist()).all()}[reduction]
    for one in grad(ops.sum(loss), [x, t]):
        assert one.shape == (0, 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_of_a_confident_mistake(dtype):
    x = tensor([[1000.0, 0.0, -1000.0]], dtype=dtype, requires_grad=True)
    loss = ops.cross_entropy(x, tensor([2]), reduction="mean")
    assert loss.item() == 2000
    loss.backward()
    assert x.grad.tolist() == [[1, 0, -1]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_of_a_confident_hit_is_zero_not_minus_zero_or_nan(dtype):
    x = tensor([[1000.0, -np.inf]], dtype=dtype, requires_grad=True)
    loss = ops.cross_entropy(x, tensor([0]), reduction="sum")
    assert loss.item() == 0
    loss.backward()
    assert x.grad.tolist() == [[0, 0]]


@pytest.mark.parametrize("shift", [-1e5, 1e5])
def test_cross_entropy_does_not_depend_on_a_common_shift(shift):
    x, target = np.array([[0.5, -1.0, 2.0]]), np.array([1])
    found = ops.cross_entropy(x + shift, target, reduction="sum")
    np.testing.assert_allclose(found, ops.cross_entropy(x, target, reduction="sum"), atol=1e-10)


def test_one_hot_puts_the_classes_on_a_new_axis():
    target = np.array([[2, 0], [1, 1]])
    assert ops.one_hot(target, num_classes=3, dim=1, dtype=np.dtype("f4")).tolist() == [
        [[0, 1], [0, 0], [1, 0]], [[0, 0], [1, 1], [0, 0]]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "formula", "more"),
    [
        ("mse_loss", lambda d: d * d, {}),
        ("l1_loss", np.abs, {}),
        ("smooth_l1_loss", lambda d: np.where(np.abs(d) < 0.5, d * d, np.abs(d) - 0.25), {"beta": 0.5}),
        ("huber_loss", lambda d: np.where(np.abs(d) < 0.5, d * d / 2, 0.5 * (np.abs(d) - 0.25)), {"delta": 0.5}),
    ],
)
def test_distances_follow_their_formulas(name, formula, more):
    source = np.random.default_rng(0)
    x, t = source.standard_normal((5, 6))[:, ::2], source.standard_normal((5, 3))
    for reduction, of_all in (("none", np.asarray), ("sum", np.sum), ("mean", np.mean)):
        found = getattr(ops, name)(x, t, reduction=reduction, **more)
        np.testing.assert_allclose(found, of_all(formula(x - t)), rtol=1e-12)
