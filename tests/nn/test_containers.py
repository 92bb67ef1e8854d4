"""Containers against PyTorch's: the same operations leave the same names, in the same order."""

import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn


def relus(library, count):
    return [library.ReLU() for _ in range(count)]


def changed(library, kind):
    """Do everything to a container that lists know; return its names and classes after each step."""
    n, seen = library, []
    box = n.Sequential(*relus(n, 2)) if kind == "Sequential" else n.ModuleList(relus(n, 2))

    def note(what):
        seen.append((what, [(name, type(one).__name__) for name, one in box.named_children()]))

    assert box.append(n.Tanh()) is box
    note("append")
    box.insert(0, n.Sigmoid())
    note("insert")
    box.insert(2, n.Flatten())
    note("insert in between")
    box.extend(n.Sequential(n.Tanh(), n.Sigmoid()))
    note("extend")
    box += n.Sequential(n.Flatten())
    note("+=")
    seen.append(type(box.pop(1)).__name__)
    note("pop")
    box[-1] = n.Tanh()
    note("set")
    del box[0]
    note("del")
    del box[1:3]
    note("del slice")
    whole = box + box[:1]
    seen.append(([type(one).__name__ for one in whole], len(whole), type(whole).__name__))
    seen.append([name for name, _ in box[1:].named_children()])
    seen.append(box[0] in box)
    return seen


@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_lists_change_as_in_pytorch(kind):
    torch = pytest.importorskip("torch")
    assert changed(nn, kind) == changed(torch.nn, kind)


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


def blocks(library):
    block = library.Sequential(library.Linear(2, 2), library.ReLU())
    again = library.Sequential(library.Linear(2, 2), library.ReLU())
    return library.ModuleList([library.ReLU(), block, again, library.Linear(2, 3), library.ReLU()])


def test_a_list_shows_repeated_modules_once_as_pytorch_does():
    torch = pytest.importorskip("torch")
    assert repr(blocks(nn)) == repr(blocks(torch.nn))
    assert "(1-2): 2 x Sequential(" in repr(blocks(nn))
    assert repr(nn.ModuleList()) == "ModuleList()"


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
