"""Losses against plain loops, and where their arguments are extreme."""

import numpy as np
import op_references as ref
import pytest
from kernel_promises import keeps_promises

from tinygrad_cnn import kernels

REDUCTIONS = ("none", "sum", "mean")


def values(*shape, low=-2.0, high=2.0):
    return np.random.default_rng(shape).uniform(low, high, shape)


def classes(count, *shape):
    return np.random.default_rng(shape).integers(0, count, shape)


def test_losses_are_kept_summed_or_averaged():
    x = values(3, 5)
    assert kernels.reduced(x, "none") is x
    np.testing.assert_allclose(keeps_promises(lambda x: kernels.reduced(x, "sum"), x), x.sum())
    np.testing.assert_allclose(keeps_promises(lambda x: kernels.reduced(x, "mean"), x), x.mean())
    np.testing.assert_allclose(keeps_promises(lambda x: kernels.reduced(x, "mean", 4.0), x), x.sum() / 4)
    assert kernels.reduced(x, "sum", 4.0) == kernels.reduced(x, "sum")


def test_the_mean_of_nothing_is_nan_in_silence():
    with np.errstate(all="raise"):
        assert np.isnan(kernels.reduced(np.zeros((0, 3)), "mean"))
        assert np.isnan(kernels.reduced(np.zeros(3), "mean", 0))
        assert kernels.reduced(np.zeros((0, 3)), "sum") == 0


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(4, 5), (3, 5, 2, 7), (1, 1), (0, 5)])
def test_cross_entropy_and_its_gradient_equal_the_loops(shape, reduction):
    x, target = values(*shape), classes(shape[1], shape[0], *shape[2:])
    if not target.size:
        found = kernels.cross_entropy(x, target, reduction)
        np.testing.assert_array_equal(found, ref.cross_entropy(x, target, reduction))
        assert kernels.cross_entropy_input(np.ones(target.shape), x, target, "none").shape == shape
        return
    found = keeps_promises(lambda x, t: kernels.cross_entropy(x, t, reduction), x, target)
    np.testing.assert_allclose(found, ref.cross_entropy(x, target, reduction), rtol=1e-12, atol=1e-14)
    g = values(*np.shape(found))
    back = keeps_promises(lambda g, x, t: kernels.cross_entropy_input(g, x, t, reduction), np.asarray(g), x, target)
    np.testing.assert_allclose(back, ref.cross_entropy_input(g, x, target, reduction), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("label", [-1, 3])
def test_classes_that_there_are_not_are_refused(label):
    with pytest.raises(IndexError, match=r"cross_entropy: expected class indices in \[0, 2\]"):
        kernels.cross_entropy(values(2, 3), np.array([0, label]), "mean")


def test_cross_entropy_of_large_scores_does_not_overflow():
    x = np.array([[1e4, 0.0], [-np.inf, 0.0]], "f4")
    with np.errstate(all="raise", under="ignore"):
        assert kernels.cross_entropy(x, np.array([1, 1]), "none").tolist() == [1e4, 0]
        assert kernels.cross_entropy(x, np.array([0, 0]), "none").tolist() == [0, np.inf]
        gx = kernels.cross_entropy_input(np.ones(2, "f4"), x, np.array([1, 0]), "none")
    assert gx.tolist() == [[1, -1], [-1, 1]]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(4, 5), (3, 5, 2)])
def test_cross_entropy_of_weights_equals_the_loops(shape, reduction):
    x, q = values(*shape), values(*shape, low=0, high=1)
    found = keeps_promises(lambda x, q: kernels.soft_cross_entropy(x, q, reduction, 7.0), x, q)
    np.testing.assert_allclose(found, ref.soft_cross_entropy(x, q, reduction, 7.0), rtol=1e-12)


def test_a_class_of_weight_zero_counts_for_nothing():
    x = np.array([[0.0, -np.inf, 0.0]])
    q = np.array([[0.5, 0.0, 0.5]])
    assert kernels.soft_cross_entropy(x, q, "none", 1).tolist() == pytest.approx([np.log(2)])
    assert np.isinf(kernels.soft_cross_entropy(x, np.array([[0.5, 0.5, 0.0]]), "none", 1)).all()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(4, 5), (3, 5, 2)])
def test_the_chosen_log_probabilities_are_weighted(shape, reduction):
    x, target = values(*shape), classes(shape[1], shape[0], *shape[2:])
    share = values(*target.shape, low=0, high=1)
    found = keeps_promises(lambda x, t, s: kernels.nll_loss(x, t, s, reduction, 3.0), x, target, share)
    np.testing.assert_allclose(found, ref.nll_loss(x, target, share, reduction, 3.0), rtol=1e-12)


def test_a_position_of_share_zero_counts_for_nothing():
    x = np.array([[-np.inf, 0.0], [np.nan, -1.0]])
    found = kernels.nll_loss(x, np.array([0, 0]), np.array([0.0, 0.0]), "none", 1)
    assert found.tolist() == [0, 0]
    assert kernels.nll_loss(x, np.array([0, 1]), np.array([1.0, 2.0]), "none", 1).tolist() == [np.inf, 2]


def test_distances_are_squared_where_they_are_small():
    x, target = values(3, 7), values(7, 3).T
    found = keeps_promises(lambda x, t: kernels.huber_loss(x, t, 0.8), x, target)
    np.testing.assert_allclose(found, ref.huber(x - target, 0.8), rtol=1e-12)
    found = keeps_promises(lambda x, t: kernels.smooth_l1_loss(x, t, 0.8), x, target)
    np.testing.assert_allclose(found, ref.huber(x - target, 0.8) / 0.8, rtol=1e-12)


def test_distances_at_the_border_and_beyond_all_numbers():
    x = np.array([0.0, 0.5, -0.5, 2.0, np.inf, np.nan])
    zero = np.zeros(6)
    np.testing.assert_array_equal(kernels.smooth_l1_loss(x, zero, 0.5), [0, 0.25, 0.25, 1.75, np.inf, np.nan])
    np.testing.assert_array_equal(kernels.huber_loss(x, zero, 0.5), [0, 0.125, 0.125, 0.875, np.inf, np.nan])
    with np.errstate(all="raise"):  # although its square overflows
        assert kernels.huber_loss(np.array([1e200]), np.array([0.0]), 1.0).tolist() == [1e200]


def test_probabilities_against_targets():
    x, target = values(3, 5, low=0.05, high=0.95), values(5, 3, low=0, high=1).T
    found = keeps_promises(kernels.binary_cross_entropy, x, target)
    np.testing.assert_allclose(found, ref.binary_cross_entropy(x, target), rtol=1e-12)


def test_logarithms_of_probabilities_end_at_minus_100():
    with np.errstate(all="raise"):
        found = kernels.binary_cross_entropy(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0]))
    assert found.tolist() == [0, 100, 100, 0]
    assert np.isnan(kernels.binary_cross_entropy(np.array([np.nan]), np.array([1.0]))).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_against_targets(weighted):
    x, target = values(3, 5), values(5, 3, low=0, high=1).T
    weight = values(5, low=0.5, high=3) if weighted else None
    arrays = (x, target, weight) if weighted else (x, target)
    found = keeps_promises(lambda *a: kernels.binary_cross_entropy_with_logits(*a, *[None] * (3 - len(a))), *arrays)
    expected = ref.binary_cross_entropy(1 / (1 + np.exp(-x)), target, pos_weight=weight)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("weight", [None, np.array(3.0)])
def test_large_scores_do_not_overflow(weight):
    x, target = np.array([1e4, 1e4, -1e4, -1e4]), np.array([0.0, 1.0, 0.0, 1.0])
    with np.errstate(all="raise", under="ignore"):
        found = kernels.binary_cross_entropy_with_logits(x, target, weight)
    assert found.tolist() == [1e4, 0, 0, 1e4 if weight is None else 3e4]
