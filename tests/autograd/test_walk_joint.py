"""Joint gradients, which an operation computes in one go, and pending ones, worked out later."""

import numpy as np
import pytest
from walks import leaf, op_of, walked

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import Op
from tinygrad_cnn.autograd.pending import Pending


@pytest.mark.parametrize("create_graph", [False, True])
def test_joint_gradients_come_first_and_may_leave_the_work_to_the_vjps(create_graph):
    calls = []

    def gradients(_node, g, wanted):
        calls.append(tuple(wanted))
        return [g * 10 if one else None for one in wanted] if len(calls) == 1 else None

    op = Op(lambda x, w: x * 2 + w, "joint")
    op.vjp(0)(lambda g, _y, _x, _w: g * 2)
    op.vjp(1)(lambda g, _y, _x, _w: g)
    op.gradients = gradients
    x, w = leaf(1.0), leaf(1.0)
    first, _ = walked(op(x, w), create_graph=create_graph)
    second, _ = walked(op(x, w), [x], create_graph=create_graph)
    assert calls == [(True, True), (True, False)]
    assert (first[x].item(), first[w].item(), second[x].item()) == (10.0, 10.0, 2.0)


def test_a_gradient_that_no_vjp_gives_reaches_nobody():
    op = Op(lambda x, w: x + w, "stopped")
    op.gradients = lambda _node, g, _wanted: [None, g]
    x, w = leaf(1.0), leaf(1.0)
    sums, _ = walked(op(x * 2, w))
    assert set(sums) == {w}


class Later(Pending):
    """A gradient of twos that notes when it is worked out."""

    __slots__ = ("seen",)

    def __init__(self, seen, taker=None):
        super().__init__((1,), np.dtype("f8"), taker)
        self.seen = seen

    def value(self):
        self.seen.append("value")
        return np.full(1, 2.0)


def pending_from(seen, taker=None):
    op = Op(lambda x: x * 1, "later")
    op.gradients = lambda _node, _g, _wanted: [Later(seen, taker)]
    return op


def test_a_pending_gradient_is_worked_out_for_a_leaf_and_for_a_vjp():
    seen = []
    x = leaf(1.0)
    sums, _ = walked(pending_from(seen)(x))
    assert type(sums[x]) is np.ndarray
    assert sums[x].tolist() == [2.0]
    sums, _ = walked(pending_from(seen)(x * 3))
    assert sums[x].tolist() == [6.0]
    assert seen == ["value"] * 2


def taking(got):
    """Return an operation whose joint gradients take a pending gradient as it is."""
    op = Op(lambda x: x * 1, "taker")

    def gradients(_node, g, _wanted):
        got.append(type(g))
        return [g.value() if isinstance(g, Pending) else g]

    op.gradients = gradients
    return op


def test_the_operation_that_takes_a_pending_gradient_gets_it_unless_others_look_at_it():
    got, seen = [], []
    x = leaf(1.0)
    taker = taking(got)
    walked(pending_from(seen, taker)(taker(x)))
    assert got == [Later]
    walked(pending_from(seen)(taker(x)))  # is meant for nobody
    y = taker(x)
    y.register_hook(lambda g: seen.append(type(g)))
    walked(pending_from(seen, taker)(y))
    y = taker(x)
    sums, _ = walked(pending_from(seen, taker)(y), [y, x])
    assert got == [Later] + [np.ndarray] * 3
    assert seen == ["value"] * 2 + ["value", tg.Tensor, "value"]
    assert type(sums[y.grad_fn]) is np.ndarray


def test_a_pending_gradient_that_its_taker_declines_is_worked_out_for_the_vjps():
    x = leaf(1.0)
    seen = []
    taker = op_of(lambda g, _y, _x: g * 5)
    taker.gradients = lambda _node, _g, _wanted: None
    sums, _ = walked(pending_from(seen, taker)(taker(x)))
    assert sums[x].tolist() == [10.0]
    assert seen == ["value"]
