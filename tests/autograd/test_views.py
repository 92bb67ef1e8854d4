"""Views: they share memory with their base, and follow it in the graph."""

import gc
import weakref

import numpy as np

import tinygrad_cnn as tg


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
