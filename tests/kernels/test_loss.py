"""Loss kernels against plain loops and sums written out, and what they do at the ends of their ranges."""

import math

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


# --- the same equations written out here ------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4))
TARGET = RNG.integers(0, 3, (2, 4))
POSITIONS = list(np.ndindex(2, 4))


def softmax_at(n, i):
    powers = np.exp(X[n, :, i])
    return powers / powers.sum()


def test_cross_entropy_is_minus_the_logarithm_of_the_probability_of_the_target():
    expected = np.empty((2, 4))
    for n, i in POSITIONS:
        expected[n, i] = -math.log(softmax_at(n, i)[TARGET[n, i]])
    np.testing.assert_allclose(kernels.cross_entropy(X, TARGET, "none"), expected)
    assert kernels.cross_entropy(X, TARGET, "sum") == pytest.approx(expected.sum())
    assert kernels.cross_entropy(X, TARGET, "mean") == pytest.approx(expected.mean())


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_the_gradient_of_cross_entropy_is_softmax_minus_one_at_the_target(reduction):
    g = RNG.normal(size=(2, 4)) if reduction == "none" else np.array(1.5)
    expected = np.empty(X.shape)
    for n, i in POSITIONS:
        expected[n, :, i] = softmax_at(n, i)
        expected[n, TARGET[n, i], i] -= 1
        expected[n, :, i] *= g[n, i] if reduction == "none" else g / (8 if reduction == "mean" else 1)
    np.testing.assert_allclose(kernels.cross_entropy_input(g, X, TARGET, reduction), expected)


def test_scores_far_apart_neither_overflow_nor_lose_the_loss():
    x = np.array([[1e4, 0.0], [-1e4, 0.0]])
    assert kernels.cross_entropy(x, np.array([1, 0]), "none").tolist() == [1e4, 1e4]


@pytest.mark.parametrize("outside", [-1, 3])
def test_a_class_out_of_range_is_refused(outside):
    with pytest.raises(IndexError, match=r"cross_entropy: expected class indices in \[0, 2\]"):
        kernels.cross_entropy(X[:, :, 0], np.array([0, outside]), "none")


def test_no_position_has_no_loss_and_no_gradient():
    x, target = np.zeros((0, 3)), np.zeros(0, int)
    assert kernels.cross_entropy(x, target, "sum") == 0
    assert np.isnan(kernels.cross_entropy(x, target, "mean"))
    assert kernels.cross_entropy_input(np.array(1.0), x, target, "mean").shape == (0, 3)


def test_the_mean_over_one_position_is_its_loss():
    x, target, g = X[:1, :, 0], TARGET[:1, 0], np.array(1.0)
    assert kernels.cross_entropy(x, target, "mean") == kernels.cross_entropy(x, target, "sum")
    found = kernels.cross_entropy_input(g, x, target, "mean")
    np.testing.assert_array_equal(found, kernels.cross_entropy_input(g, x, target, "sum"))


def test_soft_cross_entropy_sums_over_the_classes():
    q = RNG.uniform(0.1, 1, X.shape)
    q[0, 1, 2] = 0
    expected = np.empty((2, 4))
    for n, i in POSITIONS:
        expected[n, i] = -(q[n, :, i] * np.log(softmax_at(n, i))).sum()
    np.testing.assert_allclose(kernels.soft_cross_entropy(X, q, "none", 5.0), expected)
    assert kernels.soft_cross_entropy(X, q, "sum", 5.0) == pytest.approx(expected.sum())
    assert kernels.soft_cross_entropy(X, q, "mean", 5.0) == pytest.approx(expected.sum() / 5)


def test_a_class_of_weight_zero_costs_nothing_even_if_it_is_impossible():
    x, q = np.array([[0.0, -np.inf]]), np.array([[2.0, 0.0]])
    assert kernels.soft_cross_entropy(x, q, "none", 1.0).tolist() == [0]


def test_nll_loss_picks_the_target_and_skips_positions_of_share_zero():
    x = np.log(np.array([[0.5, 0.25], [0.125, 1.0], [0.5, 0.5]]))
    x[2, 0] = -np.inf
    target, share = np.array([1, 0, 0]), np.array([1.0, 2.0, 0.0])
    expected = [math.log(4), 2 * math.log(8), 0]
    np.testing.assert_allclose(kernels.nll_loss(x, target, share, "none", 3.0), expected)
    assert kernels.nll_loss(x, target, share, "sum", 3.0) == pytest.approx(sum(expected))
    assert kernels.nll_loss(x, target, share, "mean", 3.0) == pytest.approx(sum(expected) / 3)


D = np.array([-3.0, -2.0, -0.5, 0.0, 0.5, 2.0, 3.0])


def test_smooth_l1_is_a_parabola_below_beta_and_a_line_from_it_on():
    x, target = D + 1, np.ones(7)
    assert kernels.smooth_l1_loss(x, target, 2.0).tolist() == [2, 1, 0.0625, 0, 0.0625, 1, 2]
    assert kernels.smooth_l1_loss(x, target, 4.0).tolist() == [1.125, 0.5, 0.03125, 0, 0.03125, 0.5, 1.125]


def test_huber_is_a_parabola_below_delta_and_a_line_from_it_on():
    x, target = D + 1, np.ones(7)
    assert kernels.huber_loss(x, target, 2.0).tolist() == [4, 2, 0.125, 0, 0.125, 2, 4]
    assert kernels.huber_loss(x, target, 1.0).tolist() == [2.5, 1.5, 0.125, 0, 0.125, 1.5, 2.5]


def test_binary_cross_entropy_clamps_both_logarithms():
    x, target = np.array([0.25, 0.0, 1.0, 0.5]), np.array([0.5, 1.0, 0.0, 1.0])
    expected = [-(math.log(0.25) + math.log(0.75)) / 2, 100, 100, math.log(2)]
    np.testing.assert_allclose(kernels.binary_cross_entropy(x, target), expected)


def test_binary_cross_entropy_of_logits_weighs_the_positive_term():
    x, target, weight = (
        np.array([-1e4, -2.0, 0.5, 1e4]),
        np.array([1.0, 0.25, 0.75, 0.0]),
        np.array([1.0, 3.0, 2.0, 5.0]),
    )
    p = 1 / (1 + np.exp(-x[1:3]))
    t, w = target[1:3], weight[1:3]
    plain = -(t * np.log(p) + (1 - t) * np.log(1 - p))
    weighted = -(w * t * np.log(p) + (1 - t) * np.log(1 - p))
    np.testing.assert_allclose(kernels.binary_cross_entropy_with_logits(x, target, None), [1e4, *plain, 1e4])
    np.testing.assert_allclose(kernels.binary_cross_entropy_with_logits(x, target, weight), [1e4, *weighted, 1e4])
