"""Attributes of a module: assignment, replacement, deletion, and deep copies."""

import copy
import threading

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


KEYS = ["scale", "mean", "fc1.weight", "fc1.bias", "head.1.weight", "head.1.bias"]


def snapshot(net):
    return {name: value.array.copy() for name, value in net.state_dict().items()}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


class Keeps(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.seen = {}

    def forward(self, x):
        self.seen["last"] = self.fc(x)
        return self.seen["last"]


def test_attributes_can_be_replaced_and_deleted_in_place():
    net = Net()
    net.fc1 = nn.Linear(3, 4, bias=False)
    net.scale = nn.Parameter(tc.zeros(2))
    net.mean = tc.ones(3)
    assert list(net.state_dict()) == [key for key in KEYS if key != "fc1.bias"]
    assert net.state_dict()["mean"].tolist() == [1, 1, 1]
    net.fc1.bias = nn.Parameter(tc.zeros(4))
    assert list(net.state_dict()) == KEYS
    del net.scale
    del net.mean
    assert not hasattr(net, "scale")
    assert list(net.state_dict()) == KEYS[2:]
    net.scale = 3  # the name is free again
    assert net.scale == 3


@pytest.mark.parametrize(
    ("assign", "kind", "text"),
    [
        (
            lambda net: setattr(net, "scale", tc.ones(2)),
            TypeError,
            r"cannot assign 'Tensor' as parameter 'scale' \(nn.Parameter or None expected\)",
        ),
        (lambda net: setattr(net, "fc1", 3), TypeError, "cannot assign 'int' as child module 'fc1'"),
        (lambda net: setattr(net, "mean", 3), TypeError, "cannot assign 'int' as buffer 'mean'"),
        (lambda net: net.register_parameter("w", tc.ones(2)), TypeError, "cannot assign 'Tensor' as parameter 'w'"),
        (lambda net: net.register_parameter("a.b", None), KeyError, r"without .*got .*'a.b"),
        (lambda net: net.register_buffer("", None), KeyError, "buffer name"),
        (lambda net: net.register_buffer(3, None), TypeError, "buffer name: expected a string, got int"),
        (lambda net: net.register_buffer("b", [1.0]), TypeError, "cannot assign 'list' as buffer 'b'"),
        (lambda net: net.register_buffer("training", None), KeyError, "attribute 'training' already exists"),
        (lambda net: net.add_module("m", 3), TypeError, "int is not a Module subclass"),
        (lambda net: net.register_module("m.n", nn.ReLU()), KeyError, r"without .*got .*'m.n"),
        (lambda net: setattr(net, "float", nn.ReLU()), KeyError, "attribute 'float' already exists"),
        (lambda net: net.fc3, AttributeError, "'Net' object has no attribute 'fc3'"),
        (lambda net: delattr(net, "fc3"), AttributeError, "fc3"),
    ],
)
def test_refused_assignments_leave_the_module_as_it_was(assign, kind, text):
    net = Net()
    before = snapshot(net)
    with pytest.raises(kind, match=text):
        assign(net)
    assert_same(snapshot(net), before)


@pytest.mark.parametrize(("value", "what"), [(nn.ReLU(), "module"), (nn.Parameter(tc.ones(1)), "parameters")])
def test_forgetting_to_call_the_base_is_said(value, what):
    class Forgetful(nn.Module):
        def __init__(self):
            self.part = value

    with pytest.raises(AttributeError, match=rf"cannot assign {what} before Module.__init__\(\) call.*Forgetful"):
        Forgetful()


def test_the_attribute_that_holds_a_result_is_named_by_its_path():
    net = nn.Sequential(nn.Linear(3, 3), nn.Sequential(Keeps()))
    copy.deepcopy(net)
    net(tc.ones(2, 3))
    with pytest.raises(RuntimeError) as caught:
        copy.deepcopy(net)
    assert str(caught.value) == (
        "only leaves can be deep-copied, and this is a result of operations, of shape (2, 3); keep x.detach() instead, "
        "or drop it before copying\nin the copy of Sequential.1.0.seen, an attribute of Keeps"
    )
    with tc.no_grad():
        net(tc.ones(2, 3))
    copy.deepcopy(net)


def test_the_attribute_that_python_cannot_copy_is_named_too():
    net = Keeps()
    net.lock = threading.Lock()
    with pytest.raises(TypeError, match="cannot pickle '_thread.lock' object\nin the copy of Keeps.lock, an attribute"):
        copy.deepcopy(net)


def test_what_is_shared_stays_shared_and_nothing_else_is():
    net = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    net[2].weight = net[0].weight
    net.mine = [net[0], net]
    twin = copy.deepcopy(net)
    assert twin[2].weight is twin[0].weight
    assert twin.mine[0] is twin[0]
    assert twin.mine[1] is twin
    assert twin[0].weight is not net[0].weight
    assert (twin(tc.ones(1, 3)) == net(tc.ones(1, 3))).all()


def test_a_class_may_say_itself_what_its_state_is():
    class Without(nn.Linear):
        def __getstate__(self):
            return {key: value for key, value in self.__dict__.items() if key != "cache"}

        def __setstate__(self, state):
            self.__dict__.update(state, cache="new")

    layer = Without(2, 2)
    layer.cache = threading.Lock()
    twin = copy.deepcopy(layer)
    assert twin.cache == "new"
    assert (twin.weight == layer.weight).all()
