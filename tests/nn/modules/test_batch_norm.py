"""`BatchNorm1d` and `BatchNorm2d`: their running statistics over several batches."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn


def batches(count):
    return np.random.default_rng(0).normal(size=(count, 8, 3)) + 5


def test_without_momentum_the_statistics_are_the_mean_over_all_batches():
    layer = nn.BatchNorm1d(3, momentum=None, dtype=tc.float64)
    data = batches(4)
    for batch in data:
        layer(tc.tensor(batch))
    np.testing.assert_allclose(layer.running_mean.numpy(), data.mean(1).mean(0))
    np.testing.assert_allclose(layer.running_var.numpy(), data.var(1, ddof=1).mean(0))
    assert layer.num_batches_tracked.item() == 4
    assert layer.num_batches_tracked.dtype == tc.int64


def test_evaluation_uses_the_running_statistics_and_leaves_them():
    layer = nn.BatchNorm1d(3, dtype=tc.float64)
    layer(tc.tensor(batches(1)[0]))
    layer.eval()
    before = {key: value.numpy().copy() for key, value in layer.state_dict().items()}
    x = tc.tensor(batches(1)[0] * 7)
    expected = (x.numpy() - before["running_mean"]) / np.sqrt(before["running_var"] + 1e-5)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected)
    for key, value in before.items():
        np.testing.assert_array_equal(layer.state_dict()[key].numpy(), value)


def test_without_running_statistics_evaluation_uses_the_batch():
    layer = nn.BatchNorm1d(3, track_running_stats=False, dtype=tc.float64).eval()
    y = layer(tc.tensor(batches(1)[0])).detach().numpy()
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-12)
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_a_refused_batch_is_not_counted():
    layer = nn.BatchNorm1d(3)
    for x, text in [
        (tc.zeros(1, 3), "more than one value per channel"),
        (tc.zeros(2, 3, 4, 5), r"BatchNorm1d: expected input \(N, C\) or \(N, C, L\), got \(2, 3, 4, 5\)"),
        (tc.zeros(3), r"BatchNorm1d: expected input .* got \(3,\)"),
    ]:
        with pytest.raises(ValueError, match=text):
            layer(x)
    assert layer.num_batches_tracked.item() == 0
    with pytest.raises(ValueError, match=r"BatchNorm2d: expected input \(N, C, H, W\), got \(2, 3\)"):
        nn.BatchNorm2d(3)(tc.zeros(2, 3))


def test_starting_again():
    layer = nn.BatchNorm1d(3)
    nn.init.constant_(layer.weight, 4)
    layer(tc.randn(8, 3) + 5)
    layer.reset_running_stats()
    assert layer.running_mean.tolist() == [0] * 3
    assert layer.running_var.tolist() == [1] * 3
    assert layer.num_batches_tracked.item() == 0
    assert layer.weight.tolist() == [4] * 3
    layer.reset_parameters()
    assert layer.weight.tolist() == [1] * 3


def test_conversion_keeps_the_count_an_integer():
    layer = nn.BatchNorm2d(3).double()
    assert layer.running_var.dtype == layer.weight.dtype == tc.float64
    assert layer.num_batches_tracked.dtype == tc.int64


def test_refuses_no_features():
    with pytest.raises(ValueError, match="BatchNorm2d: expected at least 1 feature, got num_features=0"):
        nn.BatchNorm2d(0)
