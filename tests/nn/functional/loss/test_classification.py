"""Losses over classes: relations that hold without a second framework, and what they refuse."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape, dtype=None):
    return tc.zeros(*shape, dtype=dtype)


REFUSED = [
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 3])),
        IndexError,
        r"cross_entropy: expected class indices in \[0, 2\] for the 3 classes of input \(2, 3\), got 3 at target\[1\]",
    ),
    (lambda: F.cross_entropy(zeros(1, 3, 2), tc.tensor([[0, -1]])), IndexError, r"got -1 at target\[0, 1\]"),
    (lambda: F.cross_entropy(zeros(3), tc.tensor(7)), IndexError, r"got 7 at target$"),
    (lambda: F.cross_entropy(zeros(2, 3), tc.tensor([-100, 5])), IndexError, r"got 5 at target\[1\]"),
    (lambda: F.nll_loss(zeros(2, 3), tc.tensor([0, 3])), IndexError, "nll_loss: expected class indices"),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1, 2])),
        ValueError,
        r"cross_entropy: expected target \(2,\) of class indices for input \(2, 3\), got \(3,\)",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), zeros(2, 3).long()),
        RuntimeError,
        r"got int64 of shape \(2, 3\); turn one-hot rows into indices with target.argmax\(1\)",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0.0, 1.0])),
        RuntimeError,
        r"got float32; convert indices with .long\(\)",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([True, False])),
        RuntimeError,
        "expected target of an integer dtype, such as int64, got bool",
    ),
    (
        lambda: F.nll_loss(zeros(2, 3), tc.tensor([0.0, 1.0])),
        RuntimeError,
        "nll_loss: expected target of an integer dtype, such as int64, got float32",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3).long(), tc.tensor([0, 1])),
        RuntimeError,
        "expected input of a floating-point dtype, got int64",
    ),
    (lambda: F.cross_entropy(zeros(2, 3), [0, 1]), TypeError, "cross_entropy: expected target as a tensor, got list"),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), reduction="avg"),
        ValueError,
        "expected reduction 'none', 'mean' or 'sum', got 'avg'",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), label_smoothing=2),
        RuntimeError,
        r"expected label_smoothing in \[0, 1\], got 2",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), zeros(2)),
        RuntimeError,
        r"expected weight \(3,\), one factor a class, got \(2,\)",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), zeros(3).double()),
        RuntimeError,
        "one dtype, got input float32, weight float64",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), tc.tensor([0, 1]), zeros(3).requires_grad_()),
        RuntimeError,
        "weight that does not require a gradient",
    ),
    (
        lambda: F.cross_entropy(zeros(2, 3), zeros(2, 3), ignore_index=1),
        RuntimeError,
        "ignore_index=1 needs a target of class indices",
    ),
    (lambda: F.nll_loss(zeros(), tc.tensor(0)), ValueError, r"got shape \(\)"),
    (lambda: F.cross_entropy(zeros(), tc.tensor(0)), RuntimeError, r"got int64 of shape \(\)"),
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
    (
        lambda: F.nll_loss(zeros(2, 3), zeros(2, 1).long()),
        RuntimeError,
        r"got \(2, 1\); drop the axis of length 1 with target.squeeze\(1\)$",
    ),
    (
        lambda: F.nll_loss(zeros(2, 3, 4), zeros(2, 1, 4).long()),
        RuntimeError,
        r"got \(2, 1, 4\); drop the axis of length 1 with target.squeeze\(1\)$",
    ),
    (
        lambda: F.nll_loss(zeros(2, 3), zeros(2, 3).long()),
        RuntimeError,
        r"got \(2, 3\); turn one-hot rows into indices with target.argmax\(1\)$",
    ),
    (lambda: F.nll_loss(zeros(2, 3, 4), zeros(2, 1).long()), RuntimeError, r"got \(2, 1\)$"),
    (lambda: F.nll_loss(zeros(2, 3), zeros(3).long()), ValueError, r"got \(3,\)$"),
    (lambda: F.nll_loss(zeros(2, 3, 4, 5), zeros(2, 2, 5).long()), RuntimeError, r"got \(2, 2, 5\)$"),
    (lambda: F.nll_loss(zeros(3), zeros(1, 1).long()), ValueError, r"got \(1, 1\)$"),
    (
        lambda: F.cross_entropy(zeros(2, 3), zeros(2, 3), ignore_index=0),
        RuntimeError,
        "ignore_index=0 needs a target of class indices",
    ),
    (
        lambda: F.nll_loss(zeros(2, 3), tc.tensor([0, 1]), [1, 1, 1]),
        TypeError,
        "nll_loss: expected weight as a tensor, got list",
    ),
    (lambda: F.cross_entropy(zeros(2, 3), zeros(2, 4)), RuntimeError, r"expected target \(2,\).*got \(2, 4\)"),
]


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_the_fused_cross_entropy_equals_the_composition_it_replaces(reduction):
    tc.manual_seed(0)
    x = tc.randn(5, 4, 3, dtype=tc.float64, requires_grad=True)
    target = tc.randint(0, 4, (5, 3))
    fused = F.cross_entropy(x, target, reduction=reduction)
    composed = F.nll_loss(F.log_softmax(x, 1), target, reduction=reduction)
    assert fused.grad_fn.op.name == "cross_entropy"
    np.testing.assert_allclose(fused.detach().numpy(), composed.detach().numpy(), rtol=1e-12)
    g = tc.randn(fused.shape, dtype=tc.float64)
    pairs = [tc.autograd.grad(loss, x, g)[0].numpy() for loss in (fused, composed)]
    np.testing.assert_allclose(*pairs, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("smoothing", [0.0, 0.25])
@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 0.5, 3.0]])
@pytest.mark.parametrize("ignored", [-100, 2])
def test_cross_entropy_is_a_weighted_sum_of_logarithms_at_the_positions_that_count(smoothing, weight, ignored):
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    target = np.array([[0, ignored], [3, 1], [ignored, 0]])
    w = np.ones(4) if weight is None else np.array(weight)
    expected, shares = np.zeros((3, 2)), 0.0
    for n, i in zip(*np.nonzero(target != ignored), strict=True):
        q = np.full(4, smoothing / 4)
        q[target[n, i]] += 1 - smoothing
        expected[n, i] = -(w * q * np.log(np.exp(x[n, :, i]) / np.exp(x[n, :, i]).sum())).sum()
        shares += w[target[n, i]]
    how = {"ignore_index": ignored, "label_smoothing": smoothing}
    operands = tc.tensor(x), tc.tensor(target), weight and tc.tensor(weight, dtype=tc.float64)
    np.testing.assert_allclose(F.cross_entropy(*operands, reduction="none", **how).numpy(), expected)
    assert F.cross_entropy(*operands, reduction="sum", **how).item() == pytest.approx(expected.sum())
    assert F.cross_entropy(*operands, **how).item() == pytest.approx(expected.sum() / shares)


@pytest.mark.parametrize("smoothing", [0.0, 0.25])
@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 0.5]])
def test_distributions_as_targets_are_averaged_over_the_positions(smoothing, weight):
    rng = np.random.default_rng(1)
    x, q = rng.normal(size=(2, 3, 2)), rng.dirichlet(np.ones(3), (2, 2)).swapaxes(1, 2)
    w = np.ones(3) if weight is None else np.array(weight)
    logarithms = x - np.log(np.exp(x).sum(1, keepdims=True))
    expected = -(w[:, None] * ((1 - smoothing) * q + smoothing / 3) * logarithms).sum(1)
    operands = tc.tensor(x), tc.tensor(q), weight and tc.tensor(weight, dtype=tc.float64)
    found = F.cross_entropy(*operands, reduction="none", label_smoothing=smoothing)
    np.testing.assert_allclose(found.numpy(), expected)
    assert F.cross_entropy(*operands, label_smoothing=smoothing).item() == pytest.approx(expected.mean())
    one = F.cross_entropy(operands[0][1, :, 0], operands[1][1, :, 0], operands[2], label_smoothing=smoothing)
    assert (one.shape, one.item()) == ((), pytest.approx(expected[1, 0]))


@pytest.mark.parametrize("ignored", [-100, 1, 3])
def test_an_index_to_ignore_that_does_not_occur_changes_nothing(ignored):
    x, target = tc.randn(2, 4, dtype=tc.float64, requires_grad=True), tc.tensor([0, 2])
    loss = F.cross_entropy(x, target, ignore_index=ignored)
    assert loss.grad_fn.op.name == "cross_entropy"
    assert loss.item() == F.cross_entropy(x, target).item()


def test_one_position_may_have_its_class_in_a_row_of_one():
    x = tc.tensor([1.0, 2.0, 3.0])
    for loss in (F.cross_entropy, F.nll_loss):
        assert loss(x, tc.tensor([2])).item() == loss(x, tc.tensor(2)).item() == loss(x[None], tc.tensor([2])).item()


@pytest.mark.parametrize("dtype", [tc.int64, np.int32, np.uint8])
def test_labels_may_be_of_any_integer_dtype(dtype):
    x = tc.tensor([[1.0, 2.0, 3.0]])
    assert F.cross_entropy(x, tc.tensor([2], dtype=dtype)).item() == pytest.approx(0.40760595)


@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
def test_an_ignored_place_may_hold_any_number(name):
    x = tc.randn(3, 4, dtype=tc.float64, requires_grad=True)
    loss = getattr(F, name)(x, tc.tensor([1, 77, 2]), ignore_index=77)
    kept = getattr(F, name)(x[tc.tensor([0, 2])], tc.tensor([1, 2]))
    assert loss.item() == pytest.approx(kept.item(), rel=1e-12)
    loss.backward()
    assert x.grad[1].tolist() == [0, 0, 0, 0]


def test_an_ignored_place_sends_no_gradient_even_where_its_scores_are_infinite():
    x = tc.tensor([[0.0, -np.inf], [0.5, 1.0]], requires_grad=True)
    F.cross_entropy(x, tc.tensor([-100, 1])).backward()
    assert x.grad.numpy()[0].tolist() == [0, 0]
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
