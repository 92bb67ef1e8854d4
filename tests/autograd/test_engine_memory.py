"""Memory of the backward pass: what is saved, copied, kept and freed, also of deep and wide graphs."""

import gc
import sys
import weakref

import numpy as np
import pytest
from derivatives import leaf

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import engine, primitive, registry


def test_leaf_gradients_share_memory_with_nothing():
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    seed = tg.ones(2, dtype=tg.float64)
    (a + b).backward(seed)
    assert not np.shares_memory(a.grad.numpy(), b.grad.numpy())
    assert not np.shares_memory(a.grad.numpy(), seed.numpy())
    a.grad.zero_()
    assert b.grad.tolist() == [1.0, 1.0]
    assert seed.tolist() == [1.0, 1.0]


@pytest.fixture
def noted_op():
    """An op that notes where its VJP's results lie, and keeps them in `held` if that is a list."""

    @primitive(name="noted")
    def noted(x):
        return x * 2

    @noted.vjp(0)
    def noted_vjp_0(g, _y, _x):
        gradient = g * 2
        noted.places.append(gradient.ctypes.data)
        if noted.held is not None:
            noted.held.append(gradient)
        return gradient

    noted.places, noted.held = [], None
    yield noted
    del registry["noted"]


@pytest.mark.parametrize("borrowed", [0, 1])
def test_a_gradient_is_copied_only_if_somebody_else_sees_it(noted_op, monkeypatch, borrowed):
    """Whatever this Python counts: from 3.14 on a reference less, where the interpreter's stack only borrows."""
    monkeypatch.setattr(engine, "getrefcount", lambda value: sys.getrefcount(value) - borrowed)
    x = leaf([1.0, 2.0])
    noted_op(x).backward(tg.ones(2, dtype=tg.float64))
    assert x.grad.numpy().ctypes.data == noted_op.places[-1]
    x.grad, noted_op.held = None, []
    noted_op(x).backward(tg.ones(2, dtype=tg.float64))
    assert not np.shares_memory(x.grad.numpy(), noted_op.held[-1])


def test_gradient_of_a_sum_is_writable():
    x = leaf([1.0, 2.0])
    x.sum().backward()
    x.grad += 1
    assert x.grad.tolist() == [2.0, 2.0]


def test_only_what_a_vjp_reads_is_saved():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    assert (x + w).grad_fn.args == (None, None)
    product = (x * w).grad_fn
    assert product.args[0] is x.array
    assert product.out is None
    constant = tg.tensor([5.0, 6.0], dtype=tg.float64)
    assert (x * constant).grad_fn.args == (None, constant.array)  # only what the gradient of x needs
    e = x.exp()
    assert e.grad_fn.args == (None,)
    assert e.grad_fn.out is e.array


def test_retain_graph_allows_another_pass():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8.0


def test_graph_is_freed_without_the_cycle_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf([1.0, 2.0])
        y = (x * x).exp().sum()
        node = weakref.ref(y.grad_fn)
        middle = weakref.ref(y.grad_fn.parents[0])
        y.backward()
        del y
        assert node() is None
        assert middle() is None
    finally:
        gc.enable()


def test_memory_stays_flat_over_steps():
    x = tg.ones(1000, requires_grad=True)

    def step():
        x.grad = None
        ((x * 2).exp() * x).sum().backward()

    gc.disable()
    try:
        blocks = []
        for _ in range(3):
            for _ in range(3000):  # CPython's free lists hold up to 2,000 tuples before they are full
                step()
            blocks.append(sys.getallocatedblocks())
    finally:
        gc.enable()
    assert abs(blocks[2] - blocks[1]) < 50  # one leaked object a step would be 3,000


def test_deep_chain_runs_backward_and_is_freed_without_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(150_000):
        y = y + 0.0
    y.backward()
    assert x.grad.item() == 1.0
    del y


def test_wide_fan_in():
    x = leaf(1.0)
    total = x * 0.0
    parts = [x * 1.0 for _ in range(5_000)]
    for part in parts:
        total = total + part
    total.backward()
    assert x.grad.item() == 5_000.0


def test_deep_diamond_takes_linear_time():
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60
