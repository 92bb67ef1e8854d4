"""Views: they share memory with their base, and follow it in the graph."""

import gc
import weakref

import numpy as np

import tinygrad_cnn as tg
from tinygrad_cnn.autograd.views import refresh, stand_in


def leaves():
    source = np.random.default_rng(3)
    return [tg.tensor(source.uniform(0.3, 1.5, (2, 3)), requires_grad=True) for _ in range(2)]


def test_views_and_changes_leave_no_cycle():
    gc.collect()
    gc.disable()
    try:
        x, w = leaves()
        y = x * 2
        v = y.view(6)
        v.mul_(w.view(6))
        y[0] = 1.0
        total = (y * v.view(2, 3)).sum()
        nodes = [weakref.ref(total.grad_fn), weakref.ref(y.grad_fn), weakref.ref(v.grad_fn)]
        total.backward()
        del y, v, total
        assert [node() for node in nodes] == [None, None, None]
    finally:
        gc.enable()


def test_a_view_used_first_under_no_grad_still_knows_its_graph():
    x, w = leaves()
    y = x * 2
    v = y.view(6)
    y.mul_(w)
    with tg.no_grad():
        v.sum()
    v.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * w.detach().numpy())


def test_only_view_operations_share_memory_with_their_input():
    from op_samples import SAMPLES

    from tinygrad_cnn.autograd import registry

    for sample in SAMPLES:
        inputs = [tg.from_numpy(array.copy()) for array in sample.inputs]
        output = sample.call(*inputs)
        shared = [i for i, one in enumerate(inputs) if np.shares_memory(one.array, output.array)]
        if shared:
            assert output._view is not None, f"{sample}: shares memory with input {shared} but is no view of it"
            assert registry[sample.op].views


def test_a_view_of_a_view_knows_the_base_and_every_step():
    x, _ = leaves()
    y = x * 1
    first = y.view(3, 2)
    second = first[1:]
    assert first._view.base is second._view.base is y
    assert [op.name for op, _ in second._view.steps] == [first._view.steps[0][0].name, second._view.steps[1][0].name]
    assert second._view.steps[:1] == first._view.steps
    assert second._view.seen is y.grad_fn


def test_a_view_is_read_again_only_if_its_base_changed():
    x, w = leaves()
    y = x * 1
    view = y.view(6)
    before = view._node
    refresh(view)
    assert view._node is before
    y.mul_(w)
    refresh(view)
    assert view._node is not before
    assert view._view.seen is y._node
    again = view._node
    refresh(view)
    assert view._node is again
    refresh(x)  # which is no view
    assert x._node is None


def test_a_view_of_a_constant_that_is_changed_by_a_constant_stays_one():
    y = tg.zeros(2, 3, dtype=tg.float64)
    view = y[0]
    y += 1
    refresh(view)
    assert not view.requires_grad
    assert view.tolist() == [1, 1, 1]


def test_a_stand_in_is_at_the_same_place_in_the_graph():
    x, _ = leaves()
    y = x * 2
    for tensor, node in ((y, y.grad_fn), (x, x)):
        proxy = stand_in(tensor)
        assert proxy is not tensor
        assert proxy.array is tensor.array
        assert proxy._node is node
        assert proxy.requires_grad
    other = np.ones((2, 3))
    proxy = stand_in(x, other)
    assert proxy.array is other
    (proxy * 3).sum().backward()
    assert x.grad.tolist() == [[3.0] * 3] * 2
    constant = stand_in(tg.ones(2))
    assert not constant.requires_grad
    assert constant._node is None


def test_a_view_of_a_constant_becomes_part_of_the_graph_with_its_base():
    x, _ = leaves()
    y = tg.zeros(2, 3, dtype=tg.float64)
    view = y[0]
    y += x
    refresh(view)
    assert view._requires_grad
    assert view._node is not None


def test_a_stand_in_of_a_proxy_is_at_the_place_of_the_leaf():
    x, _ = leaves()
    proxy = stand_in(stand_in(x))
    assert proxy._node is x
