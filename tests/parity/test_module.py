"""Containers, hooks and state_dicts behave as PyTorch's do."""

import numpy as np
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


def blocks(library):
    block = library.Sequential(library.Linear(2, 2), library.ReLU())
    again = library.Sequential(library.Linear(2, 2), library.ReLU())
    return library.ModuleList([library.ReLU(), block, again, library.Linear(2, 3), library.ReLU()])


def story(torch, nn):
    """Run one program under either library and tell what its hooks saw."""

    class Net(nn.Module):
        def forward(self, a, b, k=2):
            return a * b * k, a + 1, "text"

    def values(tensors):
        return tuple([None if one is None else [float(v) for v in one.tolist()] for one in tensors])

    net, told = Net(), []
    net.register_full_backward_hook(lambda _, gi, go: told.append(("full", values(gi), values(go))))
    net.register_full_backward_hook(lambda _, gi, go: (gi[0] * 10, gi[1]), prepend=True)
    net.register_full_backward_pre_hook(lambda _, go: told.append(("pre", values(go))))
    net.register_full_backward_pre_hook(lambda _, go: tuple([None if g is None else g * 2 for g in go]))
    net.register_forward_pre_hook(lambda _, args, kwargs: (args, {"k": kwargs["k"] - 2}), with_kwargs=True)
    net.register_forward_hook(lambda _, args, out: (*out[:2], "changed"))
    for used in ([0], [1], [0, 1]):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        b = torch.tensor([3.0, 4.0], requires_grad=True)
        y = net(a, b, k=5)
        told.append(y[2])
        (sum(y[i].sum() for i in used) + (a * 7).sum()).backward()
        told.append(values([a.grad, b.grad]))
    return told


def test_a_state_dict_of_pytorch_loads_here_and_the_other_way_round():
    torch = pytest.importorskip("torch")
    theirs, ours = torch.nn.Linear(3, 2), nn.Linear(3, 2)
    ours.load_state_dict(theirs.state_dict())
    np.testing.assert_array_equal(ours.weight.detach().numpy(), theirs.weight.detach().numpy())
    nn.init.ones_(ours.weight)
    theirs.load_state_dict({name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()})
    assert theirs.weight.tolist() == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_lists_change_as_in_pytorch(kind):
    torch = pytest.importorskip("torch")
    assert changed(nn, kind) == changed(torch.nn, kind)


def test_a_list_shows_repeated_modules_once_as_pytorch_does():
    torch = pytest.importorskip("torch")
    assert repr(blocks(nn)) == repr(blocks(torch.nn))
    assert "(1-2): 2 x Sequential(" in repr(blocks(nn))
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_pytorch_calls_them_alike():
    torch = pytest.importorskip("torch")
    assert story(tc, nn) == story(torch, torch.nn)
