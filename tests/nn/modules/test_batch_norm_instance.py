"""`InstanceNorm1d` and `InstanceNorm2d`: each channel of each example, and running statistics."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn


def test_each_channel_of_each_image_is_normalised():
    x = tc.tensor(np.random.default_rng(0).normal(3, 5, (2, 3, 4, 5)))
    y = nn.InstanceNorm2d(3, dtype=tc.float64)(x).numpy()
    np.testing.assert_allclose(y.mean((2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var((2, 3)), 1, rtol=1e-5)


def test_running_statistics_follow_the_mean_over_the_batch():
    x = np.random.default_rng(0).normal(3, 5, (2, 3, 7))
    norm = nn.InstanceNorm1d(3, momentum=0.25, track_running_stats=True, dtype=tc.float64)
    norm(tc.tensor(x))
    np.testing.assert_allclose(norm.running_mean.numpy(), 0.25 * x.mean(2).mean(0))
    np.testing.assert_allclose(norm.running_var.numpy(), 0.75 + 0.25 * x.var(2, ddof=1).mean(0))
    norm.eval()
    expected = (x - norm.running_mean.numpy()[:, None]) / np.sqrt(norm.running_var.numpy()[:, None] + 1e-5)
    np.testing.assert_allclose(norm(tc.tensor(x)).numpy(), expected)


def test_another_number_of_channels_warns_where_nothing_depends_on_it():
    with pytest.warns(UserWarning, match=r"InstanceNorm2d: expected num_features=3 channels, got 4") as caught:
        nn.InstanceNorm2d(3)(tc.ones(1, 4, 2, 2))
    assert caught
    with pytest.raises(ValueError, match="expected num_features=3 channels, got 4"):
        nn.InstanceNorm2d(3, affine=True)(tc.ones(1, 4, 2, 2))
