"""Normalization against its formula, its gradient against differences, and the running statistics."""

import numpy as np
import pytest
from kernel_promises import keeps_promises

from tinygrad_cnn import kernels
from tinygrad_cnn.kernels.norm import channels, count


def values(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def by_formula(x, dims, eps):
    """Return x̂, the mean and the biased variance in double precision."""
    mean, var = x.mean(dims, keepdims=True), x.var(dims, keepdims=True)
    return (x - mean) / np.sqrt(var + eps), mean, var


def test_elements_are_counted_and_channels_broadcast():
    assert count((2, 3, 5), (0, 2)) == 10
    assert count((2, 3), ()) == 1
    assert count((0, 3), (0,)) == 0
    assert channels(np.arange(3), 4).shape == (1, 3, 1, 1)
    assert channels(np.arange(3), 2).shape == (1, 3)


@pytest.mark.parametrize("dims", [(0,), (1, 2), (0, 2), (0, 1, 2)])
def test_the_standardized_have_mean_0_and_variance_1(dims):
    x = values(3, 5, 7) * 4 + 2
    found = keeps_promises(lambda x: kernels.standardize(x, dims=dims, eps=0.01), x)
    for one, expected in zip(found, by_formula(x, dims, 0.01), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-12, atol=1e-13)


def test_statistics_that_are_given_are_used():
    x, mean, var = values(3, 5), values(1, 5), values(1, 5) ** 2
    y, same_mean, same_var = kernels.standardize(x, dims=(0,), eps=0.01, mean=mean, var=var)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(var + 0.01))
    assert same_mean is mean
    assert same_var is var


def test_a_large_mean_costs_no_accuracy():
    x = (values(50, 3) + 1e4).astype("f4")
    y, _, var = kernels.standardize(x, dims=(0,), eps=0.0)
    np.testing.assert_allclose(var, x.astype("f8").var(0, keepdims=True), rtol=1e-4)
    np.testing.assert_allclose(y, by_formula(x.astype("f8"), (0,), 0)[0], atol=5e-3)  # the mean is rounded


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dims", [(0,), (1, 2)])
def test_the_gradient_is_that_of_the_formula(dims, weighted):
    x, g = values(3, 5, 7), values(3, 5, 7, seed=1)
    w = values(7) if weighted else None
    _, mean, var = by_formula(x, dims, 0.01)
    how = {"dims": dims, "eps": 0.01, "mean": mean, "var": var}
    weighted_g = g if w is None else g * w
    found = kernels.standardize_input(g, x, None, **how)
    step = 1e-6
    for place in [(0, 0, 0), (1, 2, 3), (2, 4, 6)]:
        moved = [x.copy(), x.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        up, down = ((g * by_formula(one, dims, 0.01)[0]).sum() for one in moved)
        assert found[place] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-8)
    if dims == (0,):  # w is the same along the axes of the mean
        scaled = kernels.standardize_input(g, x, w, **how)
        np.testing.assert_allclose(scaled, kernels.standardize_input(weighted_g, x, None, **how), rtol=1e-12)


def test_gradients_depend_on_no_layout():
    x, g = values(3, 5), values(3, 5, seed=1)
    normal, mean, var = by_formula(x, (0,), 0.01)

    def both(g, x, mean, var):
        how = {"dims": (0,), "eps": 0.01, "mean": mean, "var": var}
        return kernels.standardize_input(g, x, None, **how), kernels.standardize_dot(g, x, **how)

    _, dot = keeps_promises(both, g, x, mean, var)
    np.testing.assert_allclose(dot, (g * normal).sum(0, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 5), (2, 3, 4, 5), (1, 3, 1, 2)])
@pytest.mark.parametrize("affine", [False, True])
def test_batches_are_normalized_by_channel(shape, affine):
    x = values(*shape) * 3 + 1
    dims = (0, *range(2, len(shape)))
    expected, mean, var = by_formula(x, dims, 0.01)
    if affine:
        w, b = values(3), values(3, seed=1)
        found = keeps_promises(lambda x, w, b: kernels.batch_norm(x, w, b, None, None, eps=0.01), x, w, b)
        expected = expected * channels(w, x.ndim) + channels(b, x.ndim)
    else:
        found = keeps_promises(lambda x: kernels.batch_norm(x, None, None, None, None, eps=0.01), x)
    for one, other in zip(found, (expected, mean, var), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)


def test_given_statistics_take_the_place_of_the_batchs():
    x, mean, var = values(2, 3, 5), values(3), values(3, seed=1) ** 2
    y, batch_mean, batch_var = kernels.batch_norm(x, None, None, mean, var, eps=0.01)
    np.testing.assert_allclose(y, (x - mean[:, None]) / np.sqrt(var[:, None] + 0.01), rtol=1e-12)
    assert batch_mean is None
    assert batch_var is None


def test_running_statistics_move_by_a_share():
    mean, var = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    kernels.follow(mean, var, np.array([[[5.0]], [[2.0]]]), np.array([[[1.0]], [[8.0]]]), 0.25, 1.5)
    assert mean.tolist() == [2, 2]
    assert var.tolist() == [3 + 0.25 * (1.5 - 3), 4 + 0.25 * (12 - 4)]


@pytest.mark.parametrize("frozen", ["mean", "var"])
def test_if_one_running_statistic_is_read_only_neither_moves(frozen):
    mean, var = np.zeros(2), np.ones(2)
    (mean if frozen == "mean" else var).flags.writeable = False
    with pytest.raises(ValueError, match="read-only: neither has moved"):
        kernels.follow(mean, var, np.ones(2), np.zeros(2), 0.5, 1.0)
    assert mean.tolist() == [0, 0]
    assert var.tolist() == [1, 1]


@pytest.mark.parametrize("shape", [(7,), (5, 7), (3, 5, 7)])
def test_the_last_axes_are_normalized(shape):
    x, w, b = values(3, 5, 7) * 2 - 1, values(*shape, seed=1), values(*shape, seed=2)
    dims = tuple(range(3 - len(shape), 3))
    found = keeps_promises(lambda x, w, b: kernels.layer_norm(x, w, b, normalized_shape=shape, eps=0.01), x, w, b)
    expected, mean, var = by_formula(x, dims, 0.01)
    np.testing.assert_allclose(found[0], expected * w + b, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found[1], mean, atol=1e-13)
    np.testing.assert_allclose(found[2], var, rtol=1e-12)
    plain, *_ = kernels.layer_norm(x, None, None, normalized_shape=shape, eps=0.01)
    np.testing.assert_allclose(plain, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_groups_of_channels_are_normalized(groups):
    x, w, b = values(2, 6, 3, 5), values(6), values(6, seed=1)
    y, mean, var = keeps_promises(lambda x, w, b: kernels.group_norm(x, w, b, num_groups=groups, eps=0.01), x, w, b)
    grouped, mean_of, var_of = by_formula(x.reshape(2, groups, -1), (2,), 0.01)
    np.testing.assert_allclose(y, grouped.reshape(x.shape) * channels(w, 4) + channels(b, 4), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(mean, mean_of, atol=1e-13)
    np.testing.assert_allclose(var, var_of, rtol=1e-12)
    assert mean.shape == var.shape == (2, groups, 1)
    plain, *_ = kernels.group_norm(x, None, None, num_groups=groups, eps=0.01)
    np.testing.assert_allclose(plain, grouped.reshape(x.shape), rtol=1e-11, atol=1e-12)


def test_equal_elements_are_zero_and_without_eps_nan_in_silence():
    x = np.full((4, 2), 3.0)
    with np.errstate(divide="raise"):
        assert kernels.standardize(x, dims=(0,), eps=1e-5)[0].tolist() == np.zeros((4, 2)).tolist()
        with np.errstate(invalid="ignore"):
            assert np.isnan(kernels.standardize(x, dims=(0,), eps=0.0)[0]).all()


@pytest.mark.parametrize("shape", [(0, 3), (2, 3, 0)])
def test_nothing_to_normalize(shape):
    x = np.zeros(shape, "f4")
    y, mean, var = kernels.batch_norm(x, np.ones(3, "f4"), np.zeros(3, "f4"), None, None, eps=0.01)
    assert (y.shape, y.dtype) == (shape, "f4")
    assert np.isfinite(mean).all()
    assert not var.any()
    assert kernels.standardize_input(x, x, None, dims=(0,), eps=0.01, mean=mean, var=var).shape == shape


def test_nan_stays_in_its_channel():
    x = values(4, 3)
    x[1, 1] = np.nan
    y, _, _ = kernels.batch_norm(x, None, None, None, None, eps=0.01)
    assert np.isnan(y).all(0).tolist() == [False, True, False]
    assert np.isfinite(y[:, [0, 2]]).all()
