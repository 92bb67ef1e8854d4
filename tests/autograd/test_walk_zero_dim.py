"""Tensors without axes: their arrays are arrays in every place, though NumPy's operations on these give numbers."""

from typing import ClassVar

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.autograd import Function, registry, wrap


def test_a_change_through_a_view_reaches_the_gradient():
    for view in (
        lambda s: s[...],
        lambda s: s[()],
        lambda s: s.view(1),
        lambda s: s.reshape(()),
        lambda s: s.squeeze(),
    ):
        x = leaf(1.0, 2.0)
        s = x.sum()
        view(s).mul_(3)
        (s * 1).backward()
        assert s.item() == 9
        assert x.grad.tolist() == [3, 3]


def test_a_loss_is_divided_in_place():
    x = leaf(1.0, 3.0)
    loss = (x * x).mean().squeeze()
    loss /= 4
    loss.backward()
    assert loss.item() == 1.25
    assert x.grad.tolist() == [0.25, 0.75]


def test_an_item_of_a_changed_total_is_set():
    x = leaf(2.0)
    s = x.sum() * 1
    s[...] = 5.0
    (s * x.sum()).backward()
    assert x.grad.tolist() == [5]


class Seen(Function):
    """Identity that keeps the gradient it got."""

    got: ClassVar[list] = []

    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        Seen.got.append(g)
        return g.expand_as(g)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_function_and_hooks_get_tensors_over_arrays(create_graph):
    Seen.got = []
    x = leaf(1.0, 2.0)
    s = x.sum()
    s.register_hook(Seen.got.append)
    s.retain_grad()
    t = Seen.apply(s)
    u = t * t + t * 2  # two gradients that are summed
    u.backward(create_graph=create_graph)
    assert len(Seen.got) == 2
    for g in (*Seen.got, s.grad, x.grad):
        assert isinstance(g, tg.Tensor)
        assert type(g.array) is np.ndarray
    assert s.grad.item() == 8


def test_gradients_of_several_outputs_meet_as_arrays():
    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, a, b):
            assert type(a.array) is np.ndarray
            return a.expand_as(b) + 2 * b

    x = leaf(1.0).sum().detach().requires_grad_()
    a, b = Two.apply(x)
    (a * a + a + b * a).backward()
    assert x.grad.item() == 2 * 1 + 1 + 2 + 2 * 1


def test_full_backward_hooks_on_a_loss():
    criterion = nn.MSELoss()
    seen = []
    criterion.register_full_backward_hook(lambda _m, _i, out: seen.append(out[0].expand(2)))
    x = leaf(1.0, 2.0)
    (criterion(x, tg.zeros(2, dtype=tg.float64)) * 2).backward()
    assert seen[0].tolist() == [2, 2]


def test_two_seeds_of_one_output_are_summed():
    s = leaf(1.0, 2.0).sum()
    (g,) = tg.autograd.grad([s, s], [s])
    assert type(g.array) is np.ndarray
    assert g.item() == 2


def test_random_values_in_place():
    s = tg.zeros(())
    for change in (s.normal_, s.uniform_, s.zero_):
        assert type(change().array) is np.ndarray


def test_wrap_takes_numbers_of_numpy():
    assert type(wrap(np.float32(3)).array) is np.ndarray


def test_operations_on_arrays_give_arrays():
    for name in ("add", "mul", "sum", "exp", "where"):
        x = np.float64(2.0)
        args = (True, x, x) if name == "where" else (x, x) if name in ("add", "mul") else (x,)
        attrs = {"dim": (), "keepdim": False} if name == "sum" else {}
        assert type(registry[name](*args, **attrs)) is np.ndarray
