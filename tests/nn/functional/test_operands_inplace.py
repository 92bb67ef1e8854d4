"""`inplace=True` overwrites the input as an operation of the graph, in functions and modules."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn
from tinygrad_cnn.backends.kernels import kernels_of

FUNCTIONS = {
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "silu": F.silu,
    "hardtanh": F.hardtanh,
    "dropout": lambda x, inplace: F.dropout(x, 0.3, True, inplace),
    "dropout2d": lambda x, inplace: F.dropout2d(x, 0.3, True, inplace),
}

MODULES = {
    "ReLU": nn.ReLU,
    "ReLU6": nn.ReLU6,
    "LeakyReLU": nn.LeakyReLU,
    "ELU": nn.ELU,
    "SiLU": nn.SiLU,
    "Hardtanh": nn.Hardtanh,
    "Dropout": lambda inplace: nn.Dropout(0.3, inplace),
    "Dropout2d": lambda inplace: nn.Dropout2d(0.3, inplace),
}

WAYS = {**FUNCTIONS, **{name: lambda x, inplace, made=made: made(inplace=inplace)(x) for name, made in MODULES.items()}}


def values(*shape, dtype=np.float64):
    return np.random.default_rng(2).normal(0, 2, shape).astype(dtype)


@pytest.mark.parametrize("way", WAYS)
def test_the_input_is_overwritten_and_returned(way):
    x = tc.tensor(values(2, 3, 2, 2), requires_grad=True)
    found = []
    for inplace in (False, True):
        tc.manual_seed(1)
        given = x * 1
        y = WAYS[way](given, inplace=inplace)
        assert (y is given) is inplace
        found.append((y.tolist(), given.tolist()))
    assert found[0][0] == found[1][0] == found[1][1]
    assert found[0][1] == x.tolist()


@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_those_of_the_new_values(way):
    x = tc.tensor(values(2, 3, 2, 2), requires_grad=True)
    results = []
    for inplace in (False, True):
        tc.manual_seed(1)
        given = x * 1
        y = WAYS[way](given, inplace=inplace)
        other = given if inplace else y
        (g,) = tc.autograd.grad((3 * y + other * other).sum(), x, create_graph=True)
        (h,) = tc.autograd.grad((g * g).sum(), x)
        results.append((g.tolist(), h.tolist()))
    assert results[0] == results[1]


@pytest.mark.parametrize("way", WAYS)
def test_a_leaf_that_requires_a_gradient_is_refused(way):
    x = tc.tensor(values(2, 3, 2, 2), requires_grad=True)
    before = x.tolist()
    with pytest.raises(RuntimeError, match=r"_: a leaf that requires a gradient, of shape \(2, 3, 2, 2\), cannot"):
        WAYS[way](x, inplace=True)
    assert x.tolist() == before
    with tc.no_grad():
        assert WAYS[way](x, inplace=True) is x


@pytest.mark.parametrize("way", WAYS)
def test_what_was_saved_of_the_input_is_noticed(way):
    x = tc.tensor(values(2, 3, 2, 2), requires_grad=True)
    given = x * 1
    saved = given * given
    WAYS[way](given, inplace=True)
    with pytest.raises(RuntimeError, match="mul: argument 0, of shape .*was changed in place"):
        saved.sum().backward()


def test_what_saved_nothing_of_the_input_goes_on():
    x = tc.tensor(values(4), requires_grad=True)
    h = x + 1
    F.relu(h, inplace=True).sum().backward()
    assert x.grad.tolist() == (x.detach() + 1 > 0).double().tolist()


def test_functions_that_end_with_an_underscore():
    for name in ("relu_", "leaky_relu_", "elu_", "hardtanh_"):
        x = tc.tensor([-2.0, 0.5, 7.0])
        expected = getattr(F, name[:-1])(x).tolist()
        assert getattr(F, name)(x) is x
        assert x.tolist() == expected


def test_dropout_that_drops_nothing_leaves_the_input():
    x = tc.ones(3)
    assert nn.Dropout(0.5, inplace=True).eval()(x) is x
    assert F.dropout(x, 0.0, inplace=True) is x
    assert x._version == 0


def test_only_what_is_read_later_is_copied(monkeypatch):
    """The ReLU reads its output, so nothing of its input is kept; a SiLU reads its input."""
    from tinygrad_cnn.ops import inplace

    copies = []
    apart = inplace._apart
    monkeypatch.setattr(inplace, "_apart", lambda value, tensor: copies.append(value) or apart(value, tensor))
    x = tc.tensor(values(4), requires_grad=True)
    kept = {"relu": F.relu_, "add": lambda h: h.add_(x), "silu": lambda h: F.silu(h, inplace=True)}
    for name, change in kept.items():
        copies.clear()
        h = x * 1
        change(h)
        assert any(one is h for one in copies) is (name == "silu")


@pytest.mark.parametrize("mode", ["numpy", "auto"])
def test_after_a_convolution_outside_a_row(mode):
    """The gradient passes the ReLU as the convolution's own is computed, in place or not."""
    found = []
    with kernels_of(mode):
        for inplace in (False, True):
            x = tc.tensor(values(2, 3, 6, 6, dtype=np.float32), requires_grad=True)
            w = tc.tensor(values(4, 3, 3, 3, dtype=np.float32), requires_grad=True)
            h = F.conv2d(x, w)
            y = F.relu(h, inplace=inplace)
            y.sum().backward()
            found.append([x.grad.tolist(), w.grad.tolist()])
            assert (h.tolist() == y.tolist()) is inplace
    assert found[0] == found[1]


def test_a_relu_in_place_writes_where_its_input_is():
    x = tc.tensor(values(3, 4), requires_grad=True)
    h = x * 1
    v, memory = h.view(12), h.array
    y = F.relu_(h)
    assert y.array is memory
    assert y.grad_fn.out is memory
    assert y._version == 1
    (v * v).sum().backward()
    assert x.grad.tolist() == (2 * x.detach() * (x.detach() > 0)).tolist()


def test_a_relu_in_place_that_is_changed_again_is_noticed():
    h = tc.tensor(values(4), requires_grad=True) * 1
    F.relu_(h)
    h += 1
    with pytest.raises(RuntimeError, match=r"relu: the output, of shape \(4,\) .*at version 1, was changed in place"):
        h.sum().backward()


def test_a_relu_in_place_of_read_only_memory_is_refused():
    x = tc.ones(1).expand(3)
    with pytest.raises(RuntimeError, match="relu_: the tensor of shape .* looks at memory that cannot be written"):
        F.relu_(x)
    with pytest.raises(RuntimeError, match="relu: not defined for bool"):
        tc.tensor([True]).relu_()
