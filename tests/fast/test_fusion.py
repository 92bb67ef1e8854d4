"""Layers fused with the ReLU after them in a Sequential: nothing but the speed tells them from the two."""

import copy
import io
import pickle
import re

import numpy as np
import pytest
from kernel_forms import needs_compiler

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.fast import fusion

pytestmark = needs_compiler

CASES = {
    "Conv2d": (lambda: nn.Conv2d(3, 5, 3, padding=1), (4, 3, 9, 8)),
    "Conv2d by Winograd": (lambda: nn.Conv2d(12, 12, 3, padding=1), (3, 12, 16, 16)),
    "Conv2d without a bias": (lambda: nn.Conv2d(4, 6, (3, 2), 2, bias=False, groups=2), (4, 4, 9, 8)),
    "Conv2d of one image": (lambda: nn.Conv2d(3, 5, 3), (3, 9, 8)),
    "Linear": (lambda: nn.Linear(7, 5), (6, 7)),
    "Linear of a stack": (lambda: nn.Linear(7, 5, bias=False), (2, 3, 7)),
    "Linear of a vector": (lambda: nn.Linear(7, 5), (7,)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4), (6, 4)),
    "BatchNorm1d of sequences": (lambda: nn.BatchNorm1d(4), (6, 4, 9)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(4), (6, 4, 5, 7)),
    "BatchNorm2d, plain": (lambda: nn.BatchNorm2d(4, affine=False, track_running_stats=False), (6, 4, 5, 7)),
}
every = pytest.mark.parametrize("name", CASES)


class OneByOne(nn.Sequential):
    """As Sequential, without knowing that nobody sees what lies between."""

    def forward(self, x):
        for module in self:
            x = module(x)
        return x


@pytest.fixture(autouse=True)
def runs(monkeypatch):
    """Compute with compiled kernels; return a list of the layers that ran fused with their ReLU."""
    noted = []

    def noting(module, relu, *, fusable=fusion.fusable):
        found = fusable(module, relu)
        if found:
            noted.append(type(module).__name__)
        return found

    monkeypatch.setattr(fusion, "fusable", noting)
    with kernels_of("compiled"):
        yield noted


def twins(name):
    """Return equal networks, the one fused and the other not, and an input."""
    make, shape = CASES[name]
    layer = make()
    x = tc.tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32), requires_grad=True)
    return nn.Sequential(layer, nn.ReLU()), OneByOne(copy.deepcopy(layer), nn.ReLU()), x


def step(net, x):
    """Return the output, and the gradients of the input and of the parameters."""
    leaf = x.detach().requires_grad_()
    y = net(leaf)
    (y * tc.tensor(np.random.default_rng(1).standard_normal(y.shape).astype(np.float32))).sum().backward()
    return y, [leaf.grad, *[parameter.grad for parameter in net.parameters()]]


def same(a, b, **how):
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), **(how or {"rtol": 1e-5, "atol": 1e-6}))


@every
def test_values_gradients_and_statistics_are_those_of_the_two(name, runs):
    fused, plain, x = twins(name)
    (y, gradients), (expected, others) = step(fused, x), step(plain, x)
    assert runs == [name.split(" ")[0].rstrip(",")]
    same(y, expected)
    assert (y.detach().numpy() == 0).any()
    for one, other in zip(gradients, others, strict=True):
        same(one, other, rtol=1e-5, atol=1e-5)
    for one, other in zip(fused.buffers(), plain.buffers(), strict=True):
        same(one, other)


@every
def test_in_evaluation_and_without_recording(name, runs):
    fused, plain, x = twins(name)
    for net in (fused, plain):
        net(x)  # statistics
        net.eval()
    same(fused(x), plain(x))
    (_, gradients), (_, others) = step(fused, x), step(plain, x)
    for one, other in zip(gradients, others, strict=True):
        same(one, other, rtol=1e-5, atol=1e-5)
    with tc.no_grad():
        y = fused(x)
    assert not y.requires_grad
    same(y, plain(x))
    assert len(runs) == 4


@every
def test_in_double_precision_and_by_numpy(name):
    fused, plain, x = twins(name)
    with kernels_of("numpy"):
        (y, gradients), (expected, others) = step(fused, x), step(plain, x)
    for one, other in zip([y, *gradients], [expected, *others], strict=True):
        same(one, other, rtol=0, atol=0)
    fused.double(), plain.double()
    same(fused(x.double()), plain(x.double()), rtol=0, atol=0)


def whole(sequential):
    """Return a network in which every kind of fusion happens."""
    return sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(36, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3),
    )  # fmt: skip


def drawn(net, **how):
    y = net(tc.ones(2, 1, 10, 10))
    return tc.draw(F.cross_entropy(y, tc.tensor([0, 2])), **how).dot


@pytest.mark.parametrize("how", [{}, {"depth": 1}, {"values": True}, {"constants": False}])
def test_the_graph_is_drawn_as_it_was_written(how, runs):
    tc.manual_seed(0)
    fused = drawn(whole(nn.Sequential), **how)
    assert runs == ["Conv2d", "BatchNorm2d", "BatchNorm1d", "Linear"]
    assert len(set(runs)) == 4
    tc.manual_seed(0)
    with kernels_of("numpy"):
        by_numpy = drawn(whole(nn.Sequential), **how)
    tc.manual_seed(0)
    plain = drawn(whole(OneByOne), **how)
    assert plain.replace("OneByOne", "Sequential") == fused
    assert rounded(by_numpy) == rounded(fused)


def rounded(dot):
    """Return a text without the last of four decimals, which rounding may change."""
    return re.sub(r"(\d\.\d\d)\d+", r"\1", dot)


def test_values_between_the_two_are_drawn_as_they_were_before_the_relu(runs):
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
    with tc.no_grad():
        net[0].weight[:] = tc.tensor([[2.0], [-2.0]])
        net[0].bias[:] = tc.tensor([0.5, 0.25])
    dot = tc.draw(net(tc.ones(1, 1)).sum(), values=True).dot
    assert runs == ["Linear"]
    rows = [row.split() for row in re.findall(r"\[([\d.\s−]+)\]", dot)]  # split() also at spaces as wide as a digit
    assert ["2.500", "−1.750"] in rows
    assert ["2.500", "0.000"] in rows


def test_operations_belong_to_the_modules_that_made_them():
    def operations(net):
        found, node = [], net(tc.ones(2, 1, 10, 10))._node
        while node is not None and hasattr(node, "op"):
            found.append((node.op.name, node.shape, str(node.scope)))
            node = node.parents[0]
        return found

    expected = [(op, shape, scope.replace("OneByOne", "Sequential"))
                for op, shape, scope in operations(whole(OneByOne))]  # fmt: skip
    assert operations(whole(nn.Sequential)) == expected
    assert [op for op, _, _ in expected].count("relu") == 4


def test_a_subclass_a_patched_forward_or_another_activation_is_not_fused(runs):
    class Louder(nn.Conv2d):
        def forward(self, input):
            return super().forward(input) - 100

    class Leaky(nn.ReLU):
        def forward(self, input):
            return F.leaky_relu(input, 0.5)

    x = tc.ones(1, 1, 4, 4)
    assert not nn.Sequential(Louder(1, 2, 3), nn.ReLU())(x).detach().numpy().any()
    assert (nn.Sequential(nn.Conv2d(1, 2, 3), Leaky())(x).detach().numpy() != 0).all()
    patched = nn.Conv2d(1, 2, 3)
    patched.forward = lambda x: x * 0 + 7
    assert (nn.Sequential(patched, nn.ReLU())(x).detach().numpy() == 7).all()
    nn.Sequential(nn.Conv2d(1, 2, 3), nn.Identity(), nn.ReLU(), nn.ReLU(), nn.Conv2d(2, 2, 1))(x)
    assert runs == []


def test_hooks_see_what_lies_between():
    net, x = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), tc.randn(2, 1, 6, 6)
    expected = net[0](x)
    seen = []
    handle = net[0].register_forward_hook(lambda module, args, output: seen.append(output))
    same(net(x), F.relu(expected))
    handle.remove()
    net[1].register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    net(x)
    assert len(seen) == 2
    for one in seen:
        same(one, expected)
        assert (one.detach().numpy() < 0).any()


@pytest.mark.parametrize("which", [0, 1])
def test_backward_hooks_see_the_gradients_of_their_layer(which):
    fused, plain, x = twins("Conv2d")
    seen = {}
    for net in (fused, plain):
        net[which].register_full_backward_hook(lambda module, gi, go, net=net: seen.update({net: (gi[0], go[0])}))
        step(net, x)
    for one, other in zip(seen[fused], seen[plain], strict=True):
        same(one, other)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("Conv2d", (2, 4, 9, 9)), ("Linear", (3, 8)), ("BatchNorm1d", (2, 5)), ("BatchNorm2d", (2, 4, 3))],
)
def test_errors_name_the_layer_as_before(name, shape):
    def complaint(net):
        with pytest.raises((RuntimeError, ValueError)) as caught:
            net(tc.ones(*shape))
        return type(caught.value), str(caught.value), getattr(caught.value, "__notes__", None)

    nets = twins(name)[:2]
    messages = [complaint(net) for net in nets]
    (kind, message, notes), (other_kind, other, other_notes) = messages
    assert kind is other_kind
    assert message == other.replace("OneByOne", "Sequential")
    assert str(notes) == str(other_notes).replace("OneByOne", "Sequential")
    assert name in message + str(notes)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
@every
def test_copies_compute_the_same_bits(name, duplicate, runs):
    fused, _, x = twins(name)
    twin = duplicate(fused)
    (y, gradients), (again, others) = step(fused, x), step(twin, x)
    assert len(runs) == 2
    for one, other in zip([y, *gradients], [again, *others], strict=True):
        same(one, other, rtol=0, atol=0)


def test_the_output_changed_in_place_is_noticed():
    fused, _, x = twins("Conv2d")
    y = fused(x)
    total = (y * 2).sum()
    with tc.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match="changed in place|modified"):
        total.backward()


def test_a_state_dict_of_the_one_is_loaded_by_the_other():
    fused, plain, x = twins("BatchNorm2d")
    fused(x)
    file = io.BytesIO(pickle.dumps(fused.state_dict()))
    plain.load_state_dict(pickle.load(file))
    same(fused.eval()(x), plain.eval()(x))


# --- in turn ----------------------------------------------------------------------------------------------------------


class Called(nn.Linear):
    """A layer with a call of its own."""

    def __call__(self, x):
        self.calls = getattr(self, "calls", 0) + 1
        return super().__call__(x)


def paths(y):
    return {(node.op.name, node.scope.path) for node in tc.autograd.collect([y.grad_fn])}


def test_every_layer_of_a_row_computes_in_its_own_scope():
    hooked = nn.Linear(4, 4)
    hooked.register_forward_hook(lambda *_: None)
    net = nn.Sequential(
        nn.Linear(4, 4), nn.ReLU(), nn.Sigmoid(), hooked, nn.ReLU(), Called(4, 4), nn.ReLU(),
        nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Tanh()), nn.Softplus(),
    )  # fmt: skip
    assert paths(net(tc.ones(2, 4))) == {
        ("linear", "0"), ("relu", "1"), ("sigmoid", "2"), ("linear", "3"), ("relu", "4"), ("linear", "5"),
        ("relu", "6"), ("linear", "7.0"), ("relu", "7.1"), ("tanh", "7.2"), ("softplus", "8"),
    }  # fmt: skip
    assert net[5].calls == 1
    assert tc.autograd.current_scope() is None


def test_a_row_that_is_not_called_itself_gives_its_layers_the_names_they_have():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

        def forward(self, x):
            return self.body.forward(x)

    assert paths(Net()(tc.ones(2, 4))) == {("linear", "body.0"), ("relu", "body.1")}
    assert nn.Sequential(nn.Linear(4, 4), nn.ReLU()).forward(tc.ones(2, 4)).shape == (2, 4)


@pytest.mark.parametrize("wrap", [lambda layer: layer, lambda layer: nn.Sequential(layer)])
def test_the_scope_around_is_back_after_an_error(wrap):
    net = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), wrap(nn.Linear(4, 3)))
    with pytest.raises(RuntimeError, match=r"(?s)last axis of 4 .*in net\.2.*Linear\(in_features=4"):
        net(tc.ones(2, 4))
    assert tc.autograd.current_scope() is None


def test_a_row_without_modules_and_with_places_left_empty():
    x = tc.ones(2, 3)
    assert nn.Sequential()(x) is x
    net = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    net._modules["0"] = None
    np.testing.assert_array_equal(net(x).numpy(), x.numpy())


@pytest.mark.parametrize("kind", [nn.Linear, nn.ReLU])
def test_a_forward_that_a_class_was_given_runs_by_itself(kind, monkeypatch, runs):
    net, x = nn.Sequential(nn.Linear(7, 5), nn.ReLU()), tc.randn(6, 7)
    inner = net[0](x)
    plain = kind.forward
    monkeypatch.setattr(kind, "forward", lambda self, x: -plain(self, x))
    expected = (-inner).relu() if kind is nn.Linear else -inner.relu()
    same(net(x), expected)
    assert runs == []
