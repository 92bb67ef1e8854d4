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


def snapshot(net):
    return {name: value.array.copy() for name, value in net.state_dict().items()}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


# --- attributes ---------------------------------------------------------------------------------------------------


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


# --- calls --------------------------------------------------------------------------------------------------------


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


# --- state --------------------------------------------------------------------------------------------------------


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


def test_a_state_dict_of_pytorch_loads_here_and_the_other_way_round():
    torch = pytest.importorskip("torch")
    theirs, ours = torch.nn.Linear(3, 2), nn.Linear(3, 2)
    ours.load_state_dict(theirs.state_dict())
    np.testing.assert_array_equal(ours.weight.detach().numpy(), theirs.weight.detach().numpy())
    nn.init.ones_(ours.weight)
    theirs.load_state_dict({name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()})
    assert theirs.weight.tolist() == [[1, 1, 1], [1, 1, 1]]


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
