"""Copies of modules: as good as the original, or refused with the attribute named that cannot be copied."""

import copy
import threading

import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn


class Keeps(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.seen = {}

    def forward(self, x):
        self.seen["last"] = self.fc(x)
        return self.seen["last"]


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
