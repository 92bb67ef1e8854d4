"""What the losses refuse or warn of, and relations that hold without a second framework."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F

DISTANCES = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]
WEIGHTED = ["mse_loss", "l1_loss", "huber_loss"]
BINARY = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]


def zeros(*shape):
    return tc.zeros(*shape)


REFUSED = [
    (lambda: F.nll_loss(zeros(2, 3, 4), zeros(2, 5).long()), RuntimeError, r"expected target \(2, 4\).*got \(2, 5\)"),
    (lambda: F.nll_loss(zeros(2, 3, 4), zeros(3, 4).long()), ValueError, r"expected target \(2, 4\).*got \(3, 4\)"),
    (lambda: F.nll_loss(zeros(2, 3), tc.tensor(1)), ValueError, r"nll_loss: expected target \(2,\).*got \(\)"),
    (lambda: F.nll_loss(zeros(3), tc.tensor([0, 1])), ValueError, r"nll_loss: expected target \(\).*got \(2,\)"),
    (lambda: F.nll_loss(zeros(2, 3), zeros(2, 4).long()), RuntimeError, r"expected target \(2,\).*got \(2, 4\)"),
    (lambda: F.nll_loss(zeros(2, 3).long(), tc.tensor([0, 1])), RuntimeError, "input of a floating-point dtype"),
    (lambda: F.nll_loss(zeros(2, 3), tc.tensor([0, 1]), zeros(4)), RuntimeError, r"expected weight \(3,\).*got \(4,\)"),
    (
        lambda: F.nll_loss(zeros(2, 3), tc.tensor([0, 1]), zeros(3).double()),
        RuntimeError,
        "one dtype, got input float32, weight float64",
    ),
    (lambda: F.cross_entropy(zeros(2, 3), zeros(2, 4)), RuntimeError, r"expected target \(2,\).*got \(2, 4\)"),
    (lambda: F.smooth_l1_loss(zeros(3), zeros(3), beta=-1), RuntimeError, "expected beta of at least 0, got -1"),
    (lambda: F.huber_loss(zeros(3), zeros(3), delta=0), RuntimeError, "expected delta above 0, got 0"),
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


@pytest.mark.parametrize(("call", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message_that_names_what_was_expected(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


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


X, T = np.array([[0.2, 0.9, 0.4], [0.7, 0.1, 0.6]]), np.array([[0.0, 1.0, 0.3], [1.0, 0.5, 0.2]])
ONE_BOX = [
    ("nll_loss", lambda x: F.nll_loss(x, tc.tensor([0, 2]), weight=x.detach()[0])),
    ("cross_entropy", lambda x: F.cross_entropy(x, tc.tensor([0, 2]))),
    ("soft_cross_entropy", lambda x: F.cross_entropy(x, tc.tensor([0, 2]), x.detach()[0], label_smoothing=0.1)),
    ("soft_cross_entropy", lambda x: F.cross_entropy(x, tc.tensor([0, -100]))),
    ("soft_cross_entropy", lambda x: F.cross_entropy(x, tc.tensor(T))),
    ("mse_loss", lambda x: F.mse_loss(x, tc.tensor(T))),
    ("l1_loss", lambda x: F.l1_loss(x, tc.tensor(T))),
    ("l1_loss", lambda x: F.smooth_l1_loss(x, tc.tensor(T), beta=0)),
    ("smooth_l1_loss", lambda x: F.smooth_l1_loss(x, tc.tensor(T))),
    ("huber_loss", lambda x: F.huber_loss(x, tc.tensor(T))),
    ("binary_cross_entropy", lambda x: F.binary_cross_entropy(x, tc.tensor(T), tc.tensor(T))),
    (
        "binary_cross_entropy_with_logits",
        lambda x: F.binary_cross_entropy_with_logits(x, tc.tensor(T), tc.tensor(T), pos_weight=tc.tensor(T)),
    ),
]


@pytest.mark.parametrize(("name", "loss"), ONE_BOX, ids=[f"{i}-{name}" for i, (name, _) in enumerate(ONE_BOX)])
def test_a_loss_is_one_operation_of_the_graph(name, loss):
    x = tc.tensor(X, requires_grad=True)
    node = loss(x).grad_fn
    assert node.op.name == name
    assert node.parents[0] is x


def test_logits_give_the_loss_of_their_probabilities():
    x, t = tc.randn(4, 3, dtype=tc.float64), tc.rand(4, 3, dtype=tc.float64)
    weight = tc.rand(3, dtype=tc.float64)
    found = F.binary_cross_entropy_with_logits(x, t, weight).item()
    assert found == pytest.approx(F.binary_cross_entropy(F.sigmoid(x), t, weight).item(), rel=1e-12)


def test_integers_have_an_absolute_error_where_nothing_is_divided():
    x, t = tc.tensor([1, 5]), tc.tensor([3, 2])
    assert F.l1_loss(x, t, reduction="none").tolist() == [2, 3]
    total = F.l1_loss(x, t, reduction="sum")
    assert (total.item(), total.dtype) == (5, tc.int64)


@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
def test_an_ignored_place_may_hold_any_number(name):
    x = tc.randn(3, 4, dtype=tc.float64, requires_grad=True)
    loss = getattr(F, name)(x, tc.tensor([1, 77, 2]), ignore_index=77)
    kept = getattr(F, name)(x[tc.tensor([0, 2])], tc.tensor([1, 2]))
    assert loss.item() == pytest.approx(kept.item(), rel=1e-12)
    loss.backward()
    assert x.grad[1].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("name", [*DISTANCES, *BINARY])
def test_float32_in_float32_out(name):
    x = tc.full((2, 3), 0.25, requires_grad=True)
    loss = getattr(F, name)(x, tc.full((2, 3), 0.5))
    loss.backward()
    assert (loss.dtype, x.grad.dtype) == (tc.float32, tc.float32)
