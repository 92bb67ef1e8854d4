"""Binary cross-entropy of probabilities and of logits: their relation, and what they refuse."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape):
    return tc.zeros(*shape)


BINARY = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]

REFUSED = [
    (
        lambda: F.binary_cross_entropy(tc.tensor([[0.5, 1.5]]), zeros(1, 2)),
        RuntimeError,
        r"every element of input between 0 and 1, got 1.5 at \(0, 1\); apply sigmoid first",
    ),
    (
        lambda: F.binary_cross_entropy(tc.tensor([0.5, np.nan]), zeros(2)),
        RuntimeError,
        r"element of input between 0 and 1, got nan at \(1,\)",
    ),
    (lambda: F.binary_cross_entropy(zeros(2), tc.tensor([-1.0, 0])), RuntimeError, r"of target .* got -1.0 at \(0,\)"),
    (lambda: F.binary_cross_entropy(zeros(2), zeros(2).double()), RuntimeError, "input float32, target float64"),
    (
        lambda: F.binary_cross_entropy_with_logits(zeros(2), zeros(2), pos_weight=zeros(3)),
        RuntimeError,
        r"expected pos_weight of a shape that broadcasts to \(2,\), got \(3,\)",
    ),
    (
        lambda: F.binary_cross_entropy_with_logits(zeros(2), zeros(2), pos_weight=zeros(2).requires_grad_()),
        RuntimeError,
        "expected a pos_weight that does not require a gradient",
    ),
]


@pytest.mark.parametrize("name", BINARY)
def test_binary_losses_refuse(name):
    loss = getattr(F, name)
    with pytest.raises(ValueError, match=rf"{name}: expected one shape, got input \(3, 1\) and target \(3,\)"):
        loss(zeros(3, 1), zeros(3))
    with pytest.raises(RuntimeError, match=f"{name}: expected target of a floating-point dtype, got int64"):
        loss(zeros(3), zeros(3).long())
    with pytest.raises(RuntimeError, match=rf"{name}: expected weight of a shape that broadcasts to \(2,\)"):
        loss(zeros(2), zeros(2), zeros(3, 2))
    with pytest.raises(RuntimeError, match=f"{name}: expected a weight that does not require a gradient"):
        loss(zeros(2), zeros(2), zeros(2).requires_grad_())
    with pytest.raises(ValueError, match=f"{name}: expected reduction"):
        loss(zeros(2), zeros(2), reduction="avg")


def test_logits_give_the_loss_of_their_probabilities():
    x, t = tc.randn(4, 3, dtype=tc.float64), tc.rand(4, 3, dtype=tc.float64)
    weight = tc.rand(3, dtype=tc.float64)
    found = F.binary_cross_entropy_with_logits(x, t, weight).item()
    assert found == pytest.approx(F.binary_cross_entropy(F.sigmoid(x), t, weight).item(), rel=1e-12)


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
