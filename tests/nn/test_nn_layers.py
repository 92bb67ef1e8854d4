"""Layers: what they compute, their text, and what their constructors refuse."""

import math

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn

X = tc.tensor(np.random.default_rng(1).normal(size=(2, 4, 7, 6)))

SAME_AS_FUNCTION = [
    (nn.MaxPool2d((3, 2), 2, 1, ceil_mode=True), lambda x: F.max_pool2d(x, (3, 2), 2, 1, ceil_mode=True)),
    (nn.MaxPool2d(2, 1, dilation=2), lambda x: F.max_pool2d(x, 2, 1, 0, 2)),
    (nn.AvgPool2d((3, 2), 2, 1, True, False), lambda x: F.avg_pool2d(x, (3, 2), 2, 1, True, False)),
    (nn.AvgPool2d(2, divisor_override=3), lambda x: F.avg_pool2d(x, 2, divisor_override=3)),
    (nn.ReLU(), F.relu),
    (nn.Sigmoid(), F.sigmoid),
    (nn.Tanh(), F.tanh),
    (nn.Softmax(1), lambda x: F.softmax(x, 1)),
    (nn.LogSoftmax(-1), lambda x: F.log_softmax(x, -1)),
    (nn.Flatten(), lambda x: x.reshape(2, 168)),
    (nn.Flatten(0, 2), lambda x: x.reshape(56, 6)),
]


@pytest.mark.parametrize(
    ("layer", "function"), SAME_AS_FUNCTION, ids=lambda value: str(value)[:60] if isinstance(value, nn.Module) else ""
)
def test_layers_hand_their_arguments_to_the_function(layer, function):
    np.testing.assert_array_equal(layer(X).numpy(), function(X).numpy())


def test_convolution_hands_its_arguments_to_the_function():
    layer = nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, dtype=tc.float64)
    expected = F.conv2d(X, layer.weight, layer.bias, (2, 1), (1, 2), (1, 2), 2)
    np.testing.assert_array_equal(layer(X).detach().numpy(), expected.detach().numpy())
    assert layer.weight.shape == (6, 2, 3, 2)
    assert nn.Conv2d(4, 3, 4, padding="same", dtype=tc.float64)(X).shape == (2, 3, 7, 6)


def test_pooling_can_return_where_the_maxima_were():
    values, indices = nn.MaxPool2d(2, return_indices=True)(X)
    np.testing.assert_array_equal(X.numpy().reshape(2, 4, 42)[0, 0, indices.numpy()[0, 0]], values.numpy()[0, 0])


def test_losses_hand_their_arguments_to_the_function():
    scores, target = X[:, :, 0, 0], tc.tensor([1, 3])
    weight = tc.tensor([1.0, 2.0, 3.0, 4.0], dtype=tc.float64)
    loss = nn.CrossEntropyLoss(weight, ignore_index=3, reduction="sum", label_smoothing=0.1)
    expected = F.cross_entropy(scores, target, weight, ignore_index=3, reduction="sum", label_smoothing=0.1)
    assert loss(scores, target).item() == expected.item()
    assert list(loss.state_dict()) == ["weight"]
    assert list(nn.CrossEntropyLoss().state_dict()) == []
    assert nn.MSELoss(reduction="sum")(X, X + 1).item() == pytest.approx(X.numel())


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Linear(3, 2), "Linear(in_features=3, out_features=2, bias=True)"),
        (nn.Linear(3, 2, bias=False), "Linear(in_features=3, out_features=2, bias=False)"),
        (nn.Conv2d(3, 4, 5), "Conv2d(3, 4, kernel_size=(5, 5), stride=(1, 1))"),
        (
            nn.Conv2d(3, 4, 3, padding="same", bias=False),
            "Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), padding=same, bias=False)",
        ),
        (
            nn.Conv2d(2, 4, (3, 2), 2, 1, 2, 2),
            "Conv2d(2, 4, kernel_size=(3, 2), stride=(2, 2), padding=(1, 1), dilation=(2, 2), groups=2)",
        ),
        (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
        (nn.AvgPool2d((2, 3), 1), "AvgPool2d(kernel_size=(2, 3), stride=1, padding=0)"),
        (nn.Flatten(), "Flatten(start_dim=1, end_dim=-1)"),
        (nn.ReLU(True), "ReLU(inplace=True)"),
        (nn.Softmax(1), "Softmax(dim=1)"),
        (nn.LogSoftmax(dim=0), "LogSoftmax(dim=0)"),
        (nn.CrossEntropyLoss(), "CrossEntropyLoss()"),
        (nn.MSELoss(), "MSELoss()"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_repr(layer, text):
    assert repr(layer) == text


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: nn.Linear(0, 2), "Linear: expected at least 1 feature in and out, got 0 and 2"),
        (lambda: nn.Conv2d(0, 2, 3), "Conv2d: expected at least 1 channel in and out, got 0 and 2"),
        (
            lambda: nn.Conv2d(3, 4, 3, groups=2),
            "Conv2d: expected groups ≥ 1 that divide in_channels=3 and out_channels=4, got groups=2",
        ),
        (lambda: nn.Conv2d(3, 4, 0), "Conv2d: expected kernel_size of at least 1, got 0"),
        (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), "Conv2d: expected stride 1 with padding='same'"),
        (lambda: nn.Conv2d(3, 4, 3, padding="full"), "Conv2d: expected padding .* got 'full'"),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), "Conv2d: expected padding_mode .* got 'mirror'"),
    ],
)
def test_constructors_refuse(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize(("layer", "fan_in"), [(nn.Linear(50, 400), 50), (nn.Conv2d(8, 300, (3, 2), groups=4), 12)])
def test_parameters_start_uniformly_within_one_over_the_root_of_fan_in(layer, fan_in):
    bound = 1 / math.sqrt(fan_in)
    for values in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
        assert np.abs(values).max() <= bound
        assert np.abs(values).max() > 0.95 * bound
        assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.1)
        assert abs(values.mean()) < 0.15 * bound


def test_one_seed_gives_one_network():
    pair = []
    for _ in range(2):
        tc.manual_seed(3)
        pair.append(nn.Conv2d(1, 2, 3).state_dict())
    for name in ("weight", "bias"):
        np.testing.assert_array_equal(pair[0][name].numpy(), pair[1][name].numpy())


# --- Sequential ---------------------------------------------------------------------------------------------------


def test_sequential_is_a_list_of_named_modules():
    net = nn.Sequential(nn.Flatten(), nn.Linear(168, 5, dtype=tc.float64), nn.ReLU())
    assert len(net) == 3
    assert [type(module).__name__ for module in net] == ["Flatten", "Linear", "ReLU"]
    assert net[1] is net[-2]
    assert isinstance(net[:2], nn.Sequential)
    assert list(net[1:].state_dict()) == ["1.weight", "1.bias"]
    assert net[:2](X).shape == (2, 5)
    np.testing.assert_array_equal(net(X).detach().numpy(), np.maximum(net[:2](X).detach().numpy(), 0))
    assert net.append(nn.Tanh()) is net
    assert isinstance(net[3], nn.Tanh)
    net[2] = nn.Sigmoid()
    assert [name for name, _ in net.named_children()] == ["0", "1", "2", "3"]
    del net[0]
    assert [type(module).__name__ for module in net] == ["Linear", "Sigmoid", "Tanh"]
    assert list(net.state_dict()) == ["0.weight", "0.bias"]


def test_sequential_takes_names():
    net = nn.Sequential({"fc": nn.Linear(2, 3), "act": nn.ReLU()})
    assert list(net.state_dict()) == ["fc.weight", "fc.bias"]
    assert net.fc is net[0]
    assert repr(net[1:]) == "Sequential(\n  (act): ReLU()\n)"


def test_sequential_refuses():
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        nn.Sequential(nn.ReLU(), 3)
    with pytest.raises(IndexError, match="Sequential: index 2 is out of range for 2 modules"):
        nn.Sequential(nn.ReLU(), nn.ReLU())[2]
