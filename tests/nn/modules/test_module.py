"""`Module`: walks, paths, scopes, modes, conversions, copies and text."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
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


def test_walks_name_everything_in_order():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == [key for key in KEYS if key != "mean"]
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert next(net.named_parameters("net"))[0] == "net.scale"
    assert [name for name, _ in net.named_buffers()] == ["mean", "cache"]
    assert [name for name, _ in net.named_modules()] == ["", "fc1", "head", "head.0", "head.1"]
    assert [name for name, _ in net.named_children()] == ["fc1", "head"]
    assert list(net.children()) == [net.fc1, net.head]
    assert list(net.state_dict()) == KEYS
    assert len(list(net.parameters())) == 5
    assert {"fc1", "scale", "mean", "forward"} <= set(dir(net))


def test_shared_parts_are_walked_once_but_saved_under_each_name():
    net = nn.Module()
    net.a = nn.Linear(2, 2, bias=False)
    net.b = net.a
    net.c = nn.Linear(2, 2, bias=False)
    net.c.weight = net.a.weight
    assert [name for name, _ in net.named_parameters()] == ["a.weight"]
    assert [name for name, _ in net.named_parameters(remove_duplicate=False)] == ["a.weight", "b.weight", "c.weight"]
    assert [name for name, _ in net.named_modules()] == ["", "a", "c"]
    assert list(net.state_dict()) == ["a.weight", "b.weight", "c.weight"]


def test_parts_are_got_by_path():
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("head.1") is net.head[1]
    assert net.get_parameter("head.1.weight") is net.head[1].weight
    assert net.get_parameter("scale") is net.scale
    assert net.get_buffer("mean") is net.mean


@pytest.mark.parametrize(
    ("get", "text"),
    [
        (
            lambda net: net.get_submodule("head.5.fc"),
            r"Net: expected a module at 'head.5.fc', but head \(Sequential\) has no '5', only 0, 1",
        ),
        (lambda net: net.get_submodule("hed"), r"but it \(Net\) has no 'hed', only fc1, head"),
        (lambda net: net.get_submodule("fc1.x"), "only no submodules"),
        (
            lambda net: net.get_parameter("fc1.wieght"),
            "Net: expected a parameter at 'fc1.wieght', got only weight, bias",
        ),
        (lambda net: net.get_parameter("mean"), "expected a parameter at 'mean', got only scale"),
        (lambda net: net.get_buffer("fc1.mean"), "expected a buffer at 'fc1.mean', got only no buffers"),
    ],
)
def test_a_path_that_leads_nowhere_says_what_is_there(get, text):
    with pytest.raises(AttributeError, match=text):
        get(Net())


def test_named_modules_leaves_out_what_is_in_the_memo():
    net = Net()
    memo = {net.head}
    assert [name for name, _ in net.named_modules(memo, prefix="net")] == ["net", "net.fc1", "net.head.0", "net.head.1"]
    assert memo == set(net.modules())


def test_recorded_operations_carry_the_path_of_their_module():
    y = Net()(tc.ones(1, 3))
    found = {node.op.name: (node.scope.path, node.scope.kind) for node in tc.autograd.collect([y.grad_fn])}
    assert found["mul"] == ("", "Net")
    assert found["relu"] == ("head.0", "ReLU")
    paths = {node.scope.path for node in tc.autograd.collect([y.grad_fn]) if node.op.name == "linear"}
    assert paths == {"fc1", "head.1"}
    assert tc.autograd.current_scope() is None


def test_a_module_inside_a_container_that_is_not_called_has_its_full_path():
    class Nested(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))

        def forward(self, x):
            return self.layers[1](x)

    y = Nested()(tc.ones(1, 2))
    assert y.grad_fn.scope.path == "layers.1"
    assert y.grad_fn.scope.chain[0].name == "Nested"


def test_a_failing_layer_is_named_once_innermost():
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = Net()

        def forward(self, x):
            return self.body(x)

    net = Outer()
    net.body.head = nn.Sequential(nn.Linear(5, 2))
    with pytest.raises(RuntimeError, match=r"last axis of 5 .* got \(1, 4\)") as caught:
        net(tc.ones(1, 3))
    assert str(caught.value).splitlines()[1:] == [
        "in net.body.head.0 Linear(in_features=5, out_features=2, bias=True): got (1, 4) after Linear of (1, 3)"
    ]


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r'Module \[Module\] is missing the required "forward" function'):
        nn.Module()(1)


def test_the_scope_ends_when_forward_raises():
    with pytest.raises(RuntimeError):
        nn.Linear(2, 2)(tc.ones(3))
    assert tc.autograd.current_scope() is None


def test_modes_reach_every_module():
    net = Net()
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert net.train() is net
    assert all(module.training for module in net.modules())


def test_zero_grad():
    net = Net()
    net(tc.ones(1, 3)).sum().backward()
    memory = net.fc1.bias.grad.array
    net.zero_grad(set_to_none=False)
    assert net.fc1.bias.grad.array is memory
    assert not memory.any()
    net.zero_grad()
    assert all(parameter.grad is None for parameter in net.parameters())


def test_requires_grad_freezes():
    net = Net().requires_grad_(False)
    assert not net(tc.ones(1, 3)).requires_grad


def test_conversion_reaches_parameters_gradients_and_floating_point_buffers():
    net = Net()
    net.register_buffer("count", tc.tensor(3))
    net(tc.ones(1, 3)).sum().backward()
    weight = net.fc1.weight
    assert net.double() is net
    assert net.fc1.weight is weight
    assert {tensor.dtype for tensor in net.parameters()} == {tc.float64}
    assert weight.grad.dtype == tc.float64
    assert (net.mean.dtype, net.count.dtype) == (tc.float64, tc.int64)
    net(tc.ones(1, 3, dtype=tc.float64)).sum().backward()
    assert net.to("cpu").mean.dtype == tc.float64
    assert net.half().mean.dtype == tc.float16
    assert net.to(tc.float32).float().mean.dtype == tc.float32
    with pytest.raises(TypeError, match=r"Net\.to: expected a floating-point dtype, got int64"):
        net.to(tc.int64)


def test_conversion_takes_the_flags_of_pytorch_and_lays_out_images():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))
    x = tc.randn(2, 3, 4, 4, requires_grad=True)
    net(x).sum().backward()
    before = [net(x).tolist(), *[p.grad.tolist() for p in net.parameters()]]
    net.zero_grad()
    assert net.to("cpu", non_blocking=True, memory_format=tc.channels_last) is net
    assert net[0].weight.is_contiguous(memory_format=tc.channels_last)
    assert net[3].weight.is_contiguous()
    net(x).sum().backward()
    assert np.allclose(net(x).tolist(), before[0], rtol=1e-5)
    for p, g in zip(net.parameters(), before[1:], strict=True):
        assert np.allclose(p.grad.tolist(), g, rtol=1e-5)


def test_apply_visits_children_before_parents():
    seen = []
    net = Net()
    assert net.apply(lambda module: seen.append(type(module).__name__)) is net
    assert seen == ["Linear", "ReLU", "Linear", "Sequential", "Net"]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_computes_the_same_with_memory_of_its_own(duplicate):
    net = Net()
    twin = duplicate(net)
    x = tc.randn(2, 3)
    np.testing.assert_array_equal(net(x).detach().numpy(), twin(x).detach().numpy())
    nn.init.zeros_(twin.scale)
    assert net.scale.tolist() == [1, 1]
    assert [name for name, _ in twin.named_parameters()] == [name for name, _ in net.named_parameters()]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_what_is_shared_is_shared_in_the_copy(duplicate):
    net = Net()
    net.again = net.fc1
    net.head[1].bias = net.scale
    twin = duplicate(net)
    assert twin.again is twin.fc1 is not net.fc1
    assert twin.head[1].bias is twin.scale is not net.scale


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickle.dumps])
def test_a_module_that_keeps_a_result_cannot_be_copied(duplicate):
    net = Net()
    net.last = net(tc.ones(1, 3))
    with pytest.raises(RuntimeError, match="only leaves can be"):
        duplicate(net)


def test_repr_is_laid_out_as_a_tree():
    assert repr(Net()) == (
        "Net(\n"
        "  (fc1): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (head): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(in_features=4, out_features=2, bias=True)\n"
        "  )\n"
        ")"
    )


def test_a_barebones_function_needs_no_module():
    w = tc.randn(3, 2, requires_grad=True)
    F.relu(tc.ones(1, 3).mm(w)).sum().backward()
    with tc.no_grad():
        w -= 0.1 * w.grad
        w.grad.zero_()
    assert w.is_leaf
    assert not w.grad.numpy().any()
