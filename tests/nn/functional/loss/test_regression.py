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
