"""Lazy layers: what works before the first call, and what that call turns them into."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim


def lazy():
    return nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2))


def net():
    return nn.Sequential(nn.LazyConv2d(4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3, bias=False))


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


def test_the_first_call_turns_them_into_the_layers_that_fit():
    model = net()
    assert repr(model[0]) == "LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))"
    assert repr(model[3]) == "LazyLinear(in_features=0, out_features=3, bias=False)"
    parameters = list(model.parameters())
    assert model(tc.zeros(2, 5, 6, 7)).shape == (2, 3)
    assert type(model[0]) is nn.Conv2d
    assert type(model[3]) is nn.Linear
    assert (model[0].in_channels, model[3].in_features) == (5, 4 * 6 * 7)
    assert all(a is b for a, b in zip(parameters, model.parameters(), strict=True))
    assert {type(p) for p in parameters} == {nn.Parameter}
    assert [p.shape for p in parameters] == [(4, 5, 3, 3), (4,), (3, 168)]
    weights = model[3].weight.detach().numpy().copy()
    model(tc.zeros(2, 5, 6, 7))
    np.testing.assert_array_equal(model[3].weight.detach().numpy(), weights)


def test_one_image_without_a_batch():
    layer = nn.LazyConv2d(4, 3)
    assert layer(tc.zeros(2, 5, 5)).shape == (4, 3, 3)
    assert layer.in_channels == 2


def test_a_seed_gives_the_values_that_the_layer_itself_would_have():
    tc.manual_seed(4)
    expected = nn.Linear(6, 3)
    tc.manual_seed(4)
    layer = nn.LazyLinear(3)
    layer(tc.zeros(6))
    np.testing.assert_array_equal(layer.weight.detach().numpy(), expected.weight.detach().numpy())
    np.testing.assert_array_equal(layer.bias.detach().numpy(), expected.bias.detach().numpy())


def test_what_goes_before_the_first_call():
    model = net().double().requires_grad_(False)
    assert list(model.state_dict()) == ["0.weight", "0.bias", "3.weight"]
    assert {type(value) for value in model.state_dict().values()} == {nn.UninitializedParameter}
    assert repr(model[0].weight) == "<UninitializedParameter>"
    assert model[0].has_uninitialized_params()
    model[0].reset_parameters()  # nothing to do yet
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model[0].weight))):
        first = twin if isinstance(twin, nn.UninitializedParameter) else twin[0].weight
        assert type(first) is nn.UninitializedParameter
        assert (first.dtype, first.requires_grad) == (tc.float64, False)
        assert first is not model[0].weight
    model(tc.zeros(1, 2, 4, 4, dtype=tc.float64))
    assert {p.dtype for p in model.parameters()} == {tc.float64}
    assert not any(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("assign", [False, True])
def test_a_state_dict_of_the_real_layers_gives_the_parameters_their_shapes(assign):
    trained = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(100, 3, bias=False))
    model = net()
    model.load_state_dict(trained.state_dict(), assign=assign)
    assert [p.shape for p in model.parameters()] == [(4, 2, 3, 3), (4,), (3, 100)]
    x = tc.randn(6, 2, 5, 5)
    np.testing.assert_array_equal(model(x).detach().numpy(), trained(x).detach().numpy())
    assert repr(model) == repr(trained)


def test_a_loaded_layer_refuses_an_input_that_does_not_fit():
    linear, conv = nn.LazyLinear(3), nn.LazyConv2d(4, 3)
    linear.load_state_dict(nn.Linear(5, 3).state_dict())
    conv.load_state_dict(nn.Conv2d(2, 4, 3).state_dict())
    with pytest.raises(RuntimeError, match=r"LazyLinear: expected loaded weight \(3, 6\), got \(3, 5\)"):
        linear(tc.zeros(6))
    with pytest.raises(RuntimeError, match=r"LazyConv2d: expected loaded weight \(4, 3, 3, 3\), got \(4, 2, 3, 3\)"):
        conv(tc.zeros(3, 5, 5))
    assert (linear.in_features, conv.in_channels) == (0, 0)
    assert linear(tc.zeros(5)).shape == (3,)


def test_a_refused_state_dict_leaves_them_without_a_shape():
    layer = nn.LazyLinear(3)
    with pytest.raises(RuntimeError, match="missing keys: bias"):
        layer.load_state_dict({"weight": np.zeros((3, 4))})
    assert isinstance(layer.weight, nn.UninitializedParameter)


def test_an_optimizer_made_too_early_keeps_the_parameters_it_was_given():
    model = net()
    sgd = optim.SGD(model.parameters(), lr=0.1)
    sgd.step()  # no gradients yet
    model(tc.ones(2, 1, 4, 4)).sum().backward()
    before = model[3].weight.detach().numpy().copy()
    sgd.step()
    expected = before - 0.1 * model[3].weight.grad.numpy()
    np.testing.assert_allclose(model[3].weight.detach().numpy(), expected, rtol=1e-6, atol=1e-7)


def test_an_input_that_fits_no_layer_leaves_them_lazy():
    linear, conv = nn.LazyLinear(3), nn.LazyConv2d(4, 3, groups=2)
    with pytest.raises(RuntimeError, match=r"LazyLinear: expected input \(..., in_features\), got \(\)"):
        linear(tc.tensor(1.0))
    with pytest.raises(TypeError, match="LazyLinear: expected input as a tensor, got list"):
        linear([1.0])
    with pytest.raises(RuntimeError, match=r"LazyConv2d: expected input \(N, C, H, W\) or \(C, H, W\), got \(5, 5\)"):
        conv(tc.zeros(5, 5))
    with pytest.raises(ValueError, match="LazyConv2d: expected groups ≥ 1 that divide in_channels=3"):
        conv(tc.zeros(1, 3, 5, 5))
    assert linear.has_uninitialized_params()
    assert (type(conv), conv.in_channels) == (nn.LazyConv2d, 0)
    assert conv(tc.zeros(1, 6, 5, 5)).shape == (1, 4, 3, 3)


def test_constructors_refuse():
    with pytest.raises(ValueError, match="LazyLinear: expected at least 1 feature out, got 0"):
        nn.LazyLinear(0)
    with pytest.raises(
        ValueError, match="LazyConv2d: expected groups ≥ 1 that divide out_channels=3 ≥ 1, got groups=2"
    ):
        nn.LazyConv2d(3, 3, groups=2)
    with pytest.raises(ValueError, match="LazyConv2d: expected kernel_size of at least 1, got 0"):
        nn.LazyConv2d(3, 0)
