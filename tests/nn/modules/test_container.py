"""`Sequential`, `ModuleList` and `ModuleDict`: use as lists and dicts, names, and rows of layers."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.backends.kernels import kernels_of


def values(*shape, dtype=np.float64):
    return np.random.default_rng(2).normal(0, 2, shape).astype(dtype)


X = tc.tensor(np.random.default_rng(1).normal(size=(2, 4, 7, 6)))


def relus(library, count):
    return [library.ReLU() for _ in range(count)]


@pytest.mark.parametrize("mode", ["numpy", "auto"])
@pytest.mark.parametrize("inplace", [False, True])
def test_a_row_of_layers_fuses_and_changes_nothing_else(mode, inplace):
    def network(inplace):
        tc.manual_seed(3)
        return nn.Sequential(
            nn.Conv2d(2, 4, 3), nn.ReLU(inplace), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace),
            nn.MaxPool2d(2), nn.ReLU(inplace), nn.Flatten(), nn.Linear(16, 5), nn.ReLU(inplace),
        )  # fmt: skip

    x = tc.tensor(values(3, 2, 8, 8, dtype=np.float32))
    with kernels_of(mode):
        expected, got = network(False), network(inplace)
        y, z = expected(x), got(x)
        assert z.tolist() == y.tolist()
        y.sum().backward()
        z.sum().backward()
    for p, q in zip(expected.parameters(), got.parameters(), strict=True):
        np.testing.assert_allclose(q.grad.numpy(), p.grad.numpy(), rtol=1e-5, atol=1e-6)
    assert x._version == 0
    names = [node.op.name for node in tc.autograd.collect([z.grad_fn])]
    assert names.count("relu") == 4


def test_a_row_that_begins_with_it_overwrites_its_input():
    x = tc.tensor([[-1.0, 2.0]])
    nn.Sequential(nn.ReLU(inplace=True), nn.Linear(2, 2))(x)
    assert x.tolist() == [[0, 2]]


def test_a_hook_sees_the_output_that_is_overwritten_later():
    seen = []
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(inplace=True))
    net[0].register_forward_hook(lambda _m, _i, y: seen.append(y))
    y = net(tc.tensor([[-1.0, 2.0]]))
    assert seen[0] is y


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


def test_adding_leaves_both_alone():
    first, second = nn.Sequential(nn.ReLU()), nn.Sequential(nn.Tanh(), nn.Sigmoid())
    both = first + second
    assert [type(one).__name__ for one in both] == ["ReLU", "Tanh", "Sigmoid"]
    assert (len(first), len(second)) == (1, 2)
    with pytest.raises(TypeError, match="unsupported operand"):
        first + 3


def test_names_given_by_the_user_survive_changes():
    net = nn.Sequential({"conv": nn.Conv2d(1, 2, 3), "act": nn.ReLU(), "flat": nn.Flatten()})
    net.insert(1, nn.Tanh())
    assert [name for name, _ in net.named_children()] == ["conv", "1", "act", "flat"]
    del net[0]
    assert [name for name, _ in net.named_children()] == ["0", "act", "flat"]
    assert net.act is net[1]


@pytest.mark.parametrize(
    ("do", "kind", "text"),
    [
        (lambda box: box.append(3), TypeError, "ModuleList: int is not a Module subclass"),
        (lambda box: box.extend(3), TypeError, "ModuleList.extend: expected modules, got int"),
        (lambda box: box.extend([nn.ReLU(), None]), TypeError, "NoneType is not a Module subclass"),
        (lambda box: box.insert(0, nn.ReLU), TypeError, "type is not a Module subclass"),
        (lambda box: box[2], IndexError, "ModuleList: index 2 is out of range for 2 modules"),
        (lambda box: box.pop(-3), IndexError, "ModuleList: index -3 is out of range for 2 modules"),
        (lambda box: box(tc.ones(1)), NotImplementedError, r"Module \[ModuleList\] is missing"),
    ],
)
def test_a_refusal_changes_nothing(do, kind, text):
    box = nn.ModuleList(relus(nn, 2))
    with pytest.raises(kind, match=text):
        do(box)
    assert [name for name, _ in box.named_children()] == ["0", "1"]


def test_modules_in_a_list_are_trained_saved_and_named_in_the_graph():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))

        def forward(self, x):
            for block in self.blocks:
                x = x + block(x)
            return x

    net = Net()
    assert list(net.state_dict())[:2] == ["blocks.0.weight", "blocks.0.bias"]
    assert len(list(net.parameters())) == 6
    y = net(tc.ones(1, 2))
    paths = {node.scope.path for node in tc.autograd.collect([y.grad_fn]) if node.op.name == "linear"}
    assert paths == {"blocks.0", "blocks.1", "blocks.2"}


def test_a_function_put_in_the_place_of_a_module_is_called():
    row = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Flatten())
    x = tc.randn(3, 2)
    expected = row[0](x).exp()
    row._modules["1"] = tc.exp
    assert row(x).tolist() == expected.tolist()


def test_module_dict():
    heads = nn.ModuleDict({"digit": nn.Linear(2, 10)})
    heads["parity"] = nn.Linear(2, 2)
    heads.update([("digit", nn.Linear(2, 9)), ("act", nn.ReLU())])
    heads.update(nn.ModuleDict({"last": nn.Tanh()}))
    assert list(heads) == list(heads.keys()) == ["digit", "parity", "act", "last"]
    assert heads["digit"] is heads.digit
    assert heads.digit.out_features == 9
    assert [type(module).__name__ for module in heads.values()] == ["Linear", "Linear", "ReLU", "Tanh"]
    assert "parity" in heads
    assert "colour" not in heads
    assert len(heads) == 4
    assert list(heads.state_dict()) == ["digit.weight", "digit.bias", "parity.weight", "parity.bias"]
    act = heads.act
    assert heads.pop("act") is act
    del heads["last"]
    assert dict(heads.items()) == {"digit": heads.digit, "parity": heads.parity}
    heads.clear()
    assert not len(heads)


@pytest.mark.parametrize(
    ("do", "kind", "text"),
    [
        (lambda box: box["b"], KeyError, "ModuleDict: expected one of a, got 'b'"),
        (lambda box: box.pop("b"), KeyError, "ModuleDict: expected one of a, got 'b'"),
        (lambda box: box.update(3), TypeError, "ModuleDict.update: expected modules by name, got int"),
        (lambda box: box.update([("b",)]), ValueError, "ModuleDict.update: expected pairs .* got 1 items"),
        (lambda box: box.update({"b": 3}), TypeError, "int is not a Module subclass"),
        (lambda box: box.update({"keys": nn.ReLU()}), KeyError, "attribute 'keys' already exists"),
    ],
)
def test_module_dict_refuses(do, kind, text):
    box = nn.ModuleDict({"a": nn.ReLU()})
    with pytest.raises(kind, match=text):
        do(box)
    assert list(box) == ["a"]
