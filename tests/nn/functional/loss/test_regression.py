"""Distances: shapes that differ, weights, integers, and what they refuse."""

import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape, dtype=None):
    return tc.zeros(*shape, dtype=dtype)


DISTANCES = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]

WEIGHTED = ["mse_loss", "l1_loss", "huber_loss"]

REFUSED = [
    (
        lambda: F.mse_loss(zeros(3), zeros(4)),
        RuntimeError,
        r"mse_loss: expected one shape, got input \(3,\) and target \(4,\)",
    ),
    (
        lambda: F.mse_loss(zeros(3).long(), zeros(3).long()),
        RuntimeError,
        "mse_loss: expected input of a floating-point dtype",
    ),
    (lambda: F.mse_loss(zeros(3), zeros(3), reduction="max"), ValueError, "got 'max'"),
    (lambda: F.smooth_l1_loss(zeros(3), zeros(3), beta=-1), RuntimeError, "expected beta of at least 0, got -1"),
    (lambda: F.huber_loss(zeros(3), zeros(3), delta=0), RuntimeError, "expected delta above 0, got 0"),
]


@pytest.mark.parametrize("name", DISTANCES)
def test_distances_warn_of_shapes_that_differ_at_the_line_of_the_call(name):
    with pytest.warns(UserWarning, match=rf"{name}: expected one shape, got input \(4, 1\) and target \(4,\)") as noted:
        getattr(F, name)(zeros(4, 1), zeros(4))
    assert [one.filename for one in noted] == [__file__]


@pytest.mark.parametrize(
    ("name", "how", "expected"),
    [
        ("mse_loss", {}, [0.25, 4, 9]),
        ("l1_loss", {}, [0.5, 2, 3]),
        ("smooth_l1_loss", {}, [0.125, 1.5, 2.5]),
        ("smooth_l1_loss", {"beta": 2.0}, [0.0625, 1, 2]),
        ("smooth_l1_loss", {"beta": 0.25}, [0.375, 1.875, 2.875]),
        ("smooth_l1_loss", {"beta": 0}, [0.5, 2, 3]),
        ("huber_loss", {}, [0.125, 1.5, 2.5]),
        ("huber_loss", {"delta": 2.0}, [0.125, 2, 4]),
        ("huber_loss", {"delta": 0.25}, [0.09375, 0.46875, 0.71875]),
    ],
)
def test_distances_of_a_few_numbers(name, how, expected):
    loss, x, t = getattr(F, name), tc.tensor([1.0, 2.0, 4.0]), tc.tensor([1.5, 4.0, 1.0])
    assert loss(x, t, reduction="none", **how).tolist() == pytest.approx(expected)
    assert loss(x, t, reduction="sum", **how).item() == pytest.approx(sum(expected))
    assert loss(x, t, **how).item() == pytest.approx(sum(expected) / 3)
    if name in WEIGHTED:
        weighted = [weight * one for weight, one in zip([1, 2, 5], expected, strict=True)]
        how = {**how, "weight": tc.tensor([1.0, 2.0, 5.0])}
        divisor = 3 if name == "huber_loss" else 8  # the number of elements, or the sum of the weights
        assert loss(x, t, reduction="none", **how).tolist() == pytest.approx(weighted)
        assert loss(x, t, reduction="sum", **how).item() == pytest.approx(sum(weighted))
        assert loss(x, t, **how).item() == pytest.approx(sum(weighted) / divisor)


@pytest.mark.parametrize(
    ("name", "how"), [*[(name, {}) for name in DISTANCES], ("smooth_l1_loss", {"beta": 0})], ids=str
)
def test_the_graph_has_the_input_first(name, how):
    x, t = tc.ones(3, requires_grad=True), zeros(3).requires_grad_()
    assert getattr(F, name)(x, t, **how).grad_fn.parents == (x, t)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_broadcast_distance_has_the_shape_of_both_and_the_slope_of_the_input(name):
    x, t = tc.tensor([[1.0], [2.0]], requires_grad=True), tc.tensor([0.0, 0.0, 9.0])
    with pytest.warns(UserWarning, match=r"both are broadcast to \(2, 3\)"):
        loss = getattr(F, name)(x, t, reduction="none")
    assert loss.shape == (2, 3)
    loss[:, :2].sum().backward()
    assert (x.grad > 0).all().item()


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_are_tensors(name):
    with pytest.raises(TypeError, match=f"{name}: expected weight as a tensor, got list"):
        getattr(F, name)(zeros(2), zeros(2), weight=[1, 1])


@pytest.mark.parametrize("name", DISTANCES)
def test_distances_refuse(name):
    loss = getattr(F, name)
    with pytest.raises(RuntimeError, match=rf"{name}: expected one shape, got input \(3,\) and target \(4,\)"):
        loss(zeros(3), zeros(4))
    with pytest.raises(RuntimeError, match=f"{name}: expected input of a floating-point dtype, got int64"):
        loss(zeros(3).long(), zeros(3).long())
    with pytest.raises(ValueError, match=f"{name}: expected reduction 'none', 'mean' or 'sum', got 'avg'"):
        loss(zeros(3), zeros(3), reduction="avg")
    with pytest.raises(TypeError, match=f"{name}: expected target as a tensor, got list"):
        loss(zeros(3), [1, 2, 3])


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_are_shaped_like_the_input(name):
    with pytest.raises(ValueError, match=rf"{name}: expected weight \(3, 2\), shaped like input, got \(2,\)"):
        getattr(F, name)(zeros(3, 2), zeros(3, 2), weight=zeros(2))


def test_integers_have_an_absolute_error_where_nothing_is_divided():
    x, t = tc.tensor([1, 5]), tc.tensor([3, 2])
    assert F.l1_loss(x, t, reduction="none").tolist() == [2, 3]
    total = F.l1_loss(x, t, reduction="sum")
    assert (total.item(), total.dtype) == (5, tc.int64)


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
