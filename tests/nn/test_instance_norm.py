"""Instance normalisation, local response normalisation, the lazy batch normalisation and the KL divergence."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim
from tinygrad_cnn.nn import functional as F


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


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.instance_norm(tc.ones(2, 3, 1, 1)), ValueError, "expected more than one value per channel"),
        (lambda: F.instance_norm(tc.ones(2, 3, 4), use_input_stats=False), RuntimeError, "or neither and use_input_st"),
        (lambda: F.instance_norm(tc.ones(2, 3, 4), tc.ones(3)), RuntimeError, "both running_mean and running_var"),
        (lambda: F.instance_norm(tc.ones(2, 3, 4), weight=tc.ones(4)), RuntimeError, r"expected weight \(3,\)"),
        (lambda: F.local_response_norm(tc.ones(2, 3), 2), ValueError, "with at least 3 axes"),
        (lambda: F.local_response_norm(tc.ones(2, 3, 4), 0), RuntimeError, "expected size of at least 1, got 0"),
        (lambda: F.kl_div(tc.ones(2), tc.ones(2), reduction="rows"), ValueError, "'sum' or 'batchmean', got 'rows'"),
        (lambda: F.kl_div(tc.ones(2), tc.ones(2).long(), reduction="sum"), RuntimeError, "kl_div: expected target of"),
        (lambda: nn.KLDivLoss(reduction="rows"), ValueError, "KLDivLoss: expected reduction"),
        (lambda: nn.ReflectionPad2d((1, 2)), ValueError, "ReflectionPad2d: expected padding as an int or"),
    ],
)
def test_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_strong_neighbours_weaken_a_channel():
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    y = F.local_response_norm(tc.tensor(x), 3, alpha=0.3, beta=0.5, k=2.0).numpy()
    for c in range(5):
        around = (x[:, max(c - 1, 0) : c + 2] ** 2).sum(1) / 3
        np.testing.assert_allclose(y[:, c], x[:, c] / np.sqrt(2 + 0.3 * around))


def test_the_divergence_of_equal_distributions_is_zero_and_zeros_count_for_nothing():
    p = tc.tensor([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]], dtype=tc.float64)
    x = tc.log(tc.tensor([[0.5, 0.5, 0.1], [0.2, 0.3, 0.5]], dtype=tc.float64)).requires_grad_()
    t = p.clone().requires_grad_()
    loss = F.kl_div(x, t, reduction="batchmean")
    loss.backward()
    assert loss.item() == pytest.approx(0)
    assert x.grad[0, 2].item() == 0
    assert np.isfinite(t.grad.numpy()).all()
    with pytest.warns(UserWarning, match="kl_div: reduction 'mean' divides by the number of elements"):
        F.kl_div(x.detach(), p)


def lazy():
    return nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2))


def test_a_lazy_norm_takes_its_channels_from_the_first_input():
    net = lazy()
    assert list(net.state_dict()) == list(nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(),
                                                        nn.Linear(1, 2)).state_dict())  # fmt: skip
    assert isinstance(net[1].running_mean, nn.UninitializedBuffer)
    for text in (lambda: net[1].running_mean.shape, lambda: net[1].weight.shape):
        with pytest.raises(RuntimeError, match="uninitialized (buffer|parameter): its shape is not known yet"):
            text()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    net(tc.randn(3, 2, 6, 6)).sum().backward()
    assert type(net[1]) is nn.BatchNorm2d
    assert net[1].num_features == 4
    assert net[1].num_batches_tracked.item() == 1
    assert net[1].running_mean.shape == net[1].weight.grad.shape == (4,)
    optimizer.step()


def test_a_lazy_norm_is_copied_saved_converted_and_loaded():
    net = lazy().double()
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin(tc.randn(3, 2, 6, 6, dtype=tc.float64)).dtype == tc.float64
        assert twin[1].running_var.dtype == tc.float64
    made = nn.BatchNorm2d(5)
    made.running_mean.fill_(3)
    norm = nn.LazyBatchNorm2d()
    norm.load_state_dict(made.state_dict())
    assert not norm.has_uninitialized_params()
    norm.eval()(tc.ones(1, 5, 2, 2))
    assert norm.num_features == 5
    assert norm.running_mean.tolist() == [3.0] * 5


def test_an_input_without_channels_stays_empty():
    x = tc.zeros(2, 0, 3, requires_grad=True)
    y = F.instance_norm(x)
    y.sum().backward()
    assert y.shape == x.grad.shape == (2, 0, 3)
