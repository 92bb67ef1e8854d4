"""Normalisation: running statistics, accuracy, empty inputs, and what it refuses."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.nn import functional as F


def zeros(*shape):
    return tc.zeros(*shape)


REFUSED = [
    (lambda: F.instance_norm(tc.ones(2, 3, 1, 1)), ValueError, "expected more than one value per channel"),
    (lambda: F.instance_norm(tc.ones(2, 3, 4), use_input_stats=False), RuntimeError, "or neither and use_input_st"),
    (lambda: F.instance_norm(tc.ones(2, 3, 4), tc.ones(3)), RuntimeError, "both running_mean and running_var"),
    (lambda: F.instance_norm(tc.ones(2, 3, 4), weight=tc.ones(4)), RuntimeError, r"expected weight \(3,\)"),
    (lambda: F.local_response_norm(tc.ones(2, 3), 2), ValueError, "with at least 3 axes"),
    (lambda: F.local_response_norm(tc.ones(2, 3, 4), 0), RuntimeError, "expected size of at least 1, got 0"),
    (lambda: F.batch_norm(zeros(2, 3), None, None), RuntimeError, "expected running_mean and running_var, which"),
    (lambda: F.batch_norm(zeros(2, 3), zeros(3), None, training=True), ValueError, "both running_mean and running_var"),
    (
        lambda: F.batch_norm(zeros(2, 3), zeros(4), zeros(4), training=True),
        RuntimeError,
        r"batch_norm: expected running_mean \(3,\) for input \(2, 3\), got \(4,\)",
    ),
    (
        lambda: F.batch_norm(zeros(2, 3), None, None, zeros(2), training=True),
        RuntimeError,
        r"batch_norm: expected weight \(3,\) for input \(2, 3\), got \(2,\)",
    ),
    (
        lambda: F.batch_norm(zeros(1, 3), None, None, training=True),
        ValueError,
        r"batch_norm: expected more than one value per channel to normalise over, got input \(1, 3\)",
    ),
    (
        lambda: F.batch_norm(zeros(3), None, None, training=True),
        IndexError,
        r"expected input \(N, C, ...\), got \(3,\)",
    ),
    (lambda: F.batch_norm(zeros(2, 3), None, None, training=True, eps=0), ValueError, "expected eps > 0 in training"),
    (
        lambda: F.batch_norm(zeros(2, 3), tc.ones(3, requires_grad=True), tc.ones(3)),
        RuntimeError,
        "running statistics that require no gradient",
    ),
    (
        lambda: F.batch_norm(zeros(2, 3), None, None, zeros(3).double(), training=True),
        RuntimeError,
        "batch_norm: expected tensors of one dtype, got input float32, weight float64",
    ),
    (
        lambda: F.layer_norm(zeros(2, 3), (4,)),
        RuntimeError,
        r"layer_norm: expected input \(..., \*normalized_shape\) with \(4,\), got \(2, 3\)",
    ),
    (lambda: F.layer_norm(zeros(2, 3), ()), RuntimeError, r"with \(\), got \(2, 3\)"),
    (lambda: F.layer_norm(zeros(2, 3), 3), TypeError, "normalized_shape as a sequence of ints, got 3"),
    (lambda: F.layer_norm(zeros(2, 3), (3,), zeros(2)), RuntimeError, r"weight of normalized_shape \(3,\), got \(2,\)"),
    (lambda: F.group_norm(zeros(2, 6), 4), RuntimeError, r"num_groups ≥ 1 that divides the 6 channels .* got 4"),
    (lambda: F.group_norm(zeros(6), 2), RuntimeError, r"group_norm: expected input \(N, C, ...\), got \(6,\)"),
    (lambda: F.group_norm(zeros(1, 6), 6), ValueError, "group_norm: expected more than one value"),
    (lambda: F.group_norm(zeros(2, 6), 3, None, zeros(3)), RuntimeError, r"expected bias \(6,\) .* got \(3,\)"),
]


def test_strong_neighbours_weaken_a_channel():
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    y = F.local_response_norm(tc.tensor(x), 3, alpha=0.3, beta=0.5, k=2.0).numpy()
    for c in range(5):
        around = (x[:, max(c - 1, 0) : c + 2] ** 2).sum(1) / 3
        np.testing.assert_allclose(y[:, c], x[:, c] / np.sqrt(2 + 0.3 * around))


def test_an_input_without_channels_stays_empty():
    x = tc.zeros(2, 0, 3, requires_grad=True)
    y = F.instance_norm(x)
    y.sum().backward()
    assert y.shape == x.grad.shape == (2, 0, 3)


@pytest.mark.parametrize("recorded", [True, False])
def test_running_statistics_follow_the_batch_with_the_unbiased_variance(recorded):
    x = np.array([[1.0], [2.0], [6.0]])
    mean, var = tc.tensor([10.0]).double(), tc.tensor([2.0]).double()
    with no_grad():
        F.batch_norm(tc.tensor(x), mean, var, training=True, momentum=0.25)
    F.batch_norm(tc.tensor(x, requires_grad=recorded), mean, var, training=True, momentum=0.25)
    expected_mean = 0.75 * (0.75 * 10 + 0.25 * 3) + 0.25 * 3
    expected_var = 0.75 * (0.75 * 2 + 0.25 * 7) + 0.25 * 7
    assert mean.item() == pytest.approx(expected_mean)
    assert var.item() == pytest.approx(expected_var)
    assert not mean.requires_grad


def test_statistics_that_a_graph_used_may_not_change_before_its_backward_pass():
    mean, var = zeros(2), tc.ones(2)
    x = tc.randn(3, 2, requires_grad=True)
    y = F.batch_norm(x, mean, var).sum()
    F.batch_norm(x, mean, var, training=True)
    with pytest.raises(RuntimeError, match="batch_norm: .*was changed in place"):
        y.backward()


def test_an_empty_batch_leaves_the_statistics_and_gives_zero_gradients():
    mean, var, w = tc.ones(3), tc.ones(3), tc.ones(3, requires_grad=True)
    y = F.batch_norm(zeros(0, 3, 2), mean, var, w, training=True)
    y.sum().backward()
    assert y.shape == (0, 3, 2)
    assert mean.tolist() == var.tolist() == [1, 1, 1]
    assert w.grad.tolist() == [0, 0, 0]


def test_a_large_mean_costs_no_accuracy():
    x = np.random.default_rng(0).normal(size=(64, 2, 8, 8))
    shifted = F.batch_norm(tc.tensor((x + 1000).astype(np.float32)), None, None, training=True).numpy()
    exact = F.batch_norm(tc.tensor((x + 1000).astype(np.float32)).double(), None, None, training=True).numpy()
    np.testing.assert_allclose(shifted, exact, atol=2e-4)


def test_a_normalisation_is_one_operation_in_the_graph():
    x, w = tc.randn(4, 6, requires_grad=True), tc.ones(6)
    made = [
        F.batch_norm(x, None, None, w, w, training=True),
        F.batch_norm(x, zeros(6), w, w, w),
        F.layer_norm(x, (6,), w, w),
        F.group_norm(x, 2, w, w),
        F.dropout(x),
    ]
    assert [y.grad_fn.op.name for y in made] == ["batch_norm", "batch_norm", "layer_norm", "group_norm", "dropout"]
    assert all(y.grad_fn.parents[0] is x for y in made)


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
