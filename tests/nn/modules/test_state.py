"""Loading a state_dict: everything is checked before anything changes."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(4, 2))
        self.scale = nn.Parameter(tc.ones(2))
        self.register_buffer("mean", tc.zeros(3))
        self.register_buffer("cache", tc.zeros(1), persistent=False)

    def forward(self, x):
        return self.head(self.fc1(x - self.mean)) * self.scale


def snapshot(net):
    return {name: value.array.copy() for name, value in net.state_dict().items()}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


KEYS = ["scale", "mean", "fc1.weight", "fc1.bias", "head.1.weight", "head.1.bias"]


def test_state_dict_shares_memory_detached():
    net = Net()
    state = net.state_dict(prefix="net.")
    assert not state["net.fc1.weight"].requires_grad
    assert np.shares_memory(state["net.fc1.weight"].array, net.fc1.weight.array)
    assert net.state_dict(keep_vars=True)["fc1.weight"] is net.fc1.weight


def test_a_state_dict_loads_into_a_twin_which_keeps_its_memory_and_dtype():
    source, target = Net().double(), Net()
    weight = target.fc1.weight
    memory = weight.array
    assert target.load_state_dict(source.state_dict()) == ([], [])
    assert target.fc1.weight is weight
    assert weight.array is memory
    assert weight.dtype == tc.float32
    for name, value in source.state_dict().items():
        np.testing.assert_array_equal(target.state_dict()[name].numpy(), value.numpy().astype(np.float32))


def test_all_that_does_not_fit_is_listed_in_one_error_and_nothing_is_changed():
    net = Net()
    before = snapshot(net)
    state = {name: value + 1 for name, value in net.state_dict().items()}
    del state["mean"]
    state["extra"] = tc.ones(1)
    state["fc1.weight"] = tc.ones(3, 4)
    state["fc1.bias"] = "four"
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value).splitlines() == [
        "load_state_dict: cannot load into Net:",
        "\tmissing keys: mean",
        "\tunexpected keys: extra",
        "\tfc1.weight: expected shape (4, 3), got (3, 4)",
        "\tfc1.bias: expected a tensor, got str",
    ]
    assert_same(snapshot(net), before)
    with pytest.raises(RuntimeError, match=r"fc1\.weight: expected shape"):
        net.load_state_dict(state, strict=False)
    assert_same(snapshot(net), before)


def test_not_strict_loads_what_fits_and_returns_the_rest():
    net = Net()
    found = net.load_state_dict({"mean": tc.ones(3), "extra": tc.ones(1)}, strict=False)
    assert found.missing_keys == [key for key in KEYS if key != "mean"]
    assert found.unexpected_keys == ["extra"]
    assert net.mean.tolist() == [1, 1, 1]
    assert repr(net.load_state_dict(net.state_dict())) == "<All keys matched successfully>"
    assert repr(found).startswith("IncompatibleKeys(missing_keys=['")


def test_a_state_dict_may_hold_arrays_of_any_number_type():
    net = nn.Linear(2, 1)
    net.load_state_dict({"weight": np.array([[3, 4]], np.uint16), "bias": np.array([5], np.int8)})
    assert net.weight.tolist() == [[3, 4]]
    with pytest.raises(TypeError, match="load_state_dict: expected a dict of tensors, got list"):
        net.load_state_dict([])


def test_assigning_puts_the_given_tensors_in_place_with_their_dtype_and_memory():
    source, target = Net().double(), Net()
    target.fc1.requires_grad_(False)
    state = source.state_dict()
    target.load_state_dict(state, assign=True)
    assert all(type(parameter) is nn.Parameter for parameter in target.parameters())
    assert target.fc1.weight.dtype == tc.float64
    assert np.shares_memory(target.fc1.weight.array, state["fc1.weight"].array)
    assert not target.fc1.weight.requires_grad
    assert target.scale.requires_grad
    assert target.mean is state["mean"]
    whole = nn.Parameter(tc.zeros(2), requires_grad=False)
    target.load_state_dict({"scale": whole}, strict=False, assign=True)
    assert target.scale is whole
    assert whole.requires_grad


def test_assigning_refuses_all_or_nothing():
    net = Net()
    before = dict(net.named_parameters())
    state = {name: value.clone() for name, value in net.state_dict().items()}
    state["head.1.bias"] = tc.tensor([1, 2])
    state["mean"] = tc.ones(4)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state, assign=True)
    assert str(caught.value).splitlines()[1:] == [
        "\tmean: expected shape (3,), got (4,)",
        "\thead.1.bias: expected a floating-point dtype to assign, got int64",
    ]
    assert all(value is before[name] for name, value in net.named_parameters())
