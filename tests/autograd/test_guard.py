"""Under the guard, what a live graph saved cannot be overwritten behind its back."""

import gc

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import Function, guard, guard_saved
from tinygrad_cnn.autograd.node import observers


def write(tensor):
    tensor.detach().numpy()[0] = 9.0


def refused():
    return pytest.raises(ValueError, match="read-only")


def test_saved_arguments_and_outputs_are_read_only_until_backward():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with guard_saved():
        e = (x * w).exp()
        for tensor in (x, w, e):
            with refused():
                write(tensor)
    with refused():  # as long as the graph lives, not the guard
        write(x)
    e.sum().backward()
    for tensor in (x, w, e):
        write(tensor)
    assert x.tolist() == [9.0, 2.0]
    assert guard._locked == {}


def test_dropped_graph_unlocks():
    x = leaf(1.0, 2.0)
    with guard_saved():
        y = x * x
        with refused():
            write(x)
        del y
        write(x)


def test_storage_in_two_graphs_is_locked_until_both_are_gone():
    x = leaf(1.0, 2.0)
    with guard_saved():
        first, second = (x * x).sum(), x.view(2, 1).exp().sum() + (x.view(2, 1) * x).sum()
        first.backward()
        with refused():
            write(x)
        second.backward(retain_graph=True)
        with refused():
            write(x)
        del second
    write(x)
    assert guard._locked == {}


def test_views_share_the_lock_and_get_their_writability_back():
    x = leaf(1.0, 2.0, 3.0)
    part = x.detach()[1:]
    with guard_saved():
        y = part * leaf(1.0, 1.0)
        with refused():
            write(part)
        with refused():
            write(x)
        del y
    write(part)
    write(x)
    assert x.tolist() == [9.0, 9.0, 3.0]


def test_arrays_that_were_read_only_stay_so():
    x = tg.ones(1, dtype=tg.float64).expand(3)
    with guard_saved():
        (x * leaf(1.0, 2.0, 3.0)).sum().backward()
    assert not x.numpy().flags.writeable


def test_what_nothing_reads_stays_writable():
    x = leaf(1.0, 2.0)
    with guard_saved():
        y = x + 1
        write(x)
    assert y.requires_grad


def test_values_saved_by_a_function_are_guarded():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            factor = x * 0 + 2
            ctx.save_for_backward(x, factor)
            ctx.factor = factor
            return x * factor

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[1]

    x = leaf(1.0)
    with guard_saved():
        y = Double.apply(x)
        for tensor in (x, y.grad_fn.aux["ctx"].factor):
            with refused():
                write(tensor)
        y.sum().backward()
    write(x)
    assert x.grad.tolist() == [2.0]


def test_off_it_does_nothing():
    with guard_saved(), guard_saved():
        pass
    assert observers == []
    x = leaf(1.0, 2.0)
    y = x * x
    write(x)
    assert y.requires_grad


def test_indices_are_guarded():
    x, index = leaf(1.0, 2.0), tg.tensor([0, 1])
    with guard_saved():
        y = x[index]
    with refused():
        write(index)
    y.sum().backward()
    write(index)
    assert index.tolist() == [9, 1]


def test_a_lease_that_ends_while_another_begins_waits_its_turn():
    order = []

    def end(array):
        order.append("end")

    def begin(array):
        guard._change(end, [array])
        order.append("begin")

    guard._change(begin, [np.ones(2)])
    assert order == ["begin", "end"]
    assert not guard._turn.locked()


def test_graphs_that_die_in_collections():
    x = leaf(1.0, 2.0)
    before = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        with guard_saved():
            for _ in range(50):
                cycle = [(x * x).exp()]
                cycle.append(cycle)
    finally:
        gc.set_threshold(*before)
    del cycle
    gc.collect()
    write(x)
    assert guard._locked == {}
