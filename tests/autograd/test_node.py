"""Nodes of the graph: their names, and the way to their inputs."""

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import Constant, Node, registry
from tinygrad_cnn.autograd.node import AccumulateGrad, observers


def test_nodes_lead_to_their_inputs():
    x = leaf(1.0, 2.0)
    y = (x * 2 + x).sum()
    assert y.grad_fn.name() == "SumBackward0"
    ((add, number),) = y.grad_fn.next_functions
    assert (add.name(), number) == ("AddBackward0", 0)
    (mul, _), (end, _) = add.next_functions
    assert mul.next_functions == ((end, 0), (None, 0))
    assert end.variable is x
    assert end.name() == "torch::autograd::AccumulateGrad"
    assert end.next_functions == ()
    assert len({end, mul.next_functions[0][0]}) == 1
    assert "AccumulateGrad of (2,)" in repr(end)


def node_of(op=None, args=(), out=None, parents=(), shape=(2,)):
    op = op or registry["mul"]
    return Node(op, args, out, {}, None, parents, shape, np.dtype("f8"), None)


def test_every_node_is_newer_than_those_before_it():
    first, second = node_of(), node_of()
    x = leaf(1.0)
    third = (x * 2).grad_fn
    assert first.seq < second.seq < third.seq < (x * 2).grad_fn.seq


@pytest.mark.parametrize(
    ("args", "out", "saved"),
    [((), None, False), ((None,), None, False), ((np.ones(2), None), None, True), ((None,), np.ones(2), True)],
)
def test_a_node_knows_whether_it_saved_values(args, out, saved):
    assert node_of(args=args, out=out).saved is saved


def test_gradients_flow_to_nodes_and_to_leaves_that_require_one():
    x, constant = leaf(1.0), Constant((1,), np.dtype("f8"))
    node = node_of(parents=(x, constant, None, node_of(), tg.ones(1)))
    assert node.flows == (True, False, False, True, False)
    assert [one and type(one).__name__ for one, _ in node.next_functions] == [
        "AccumulateGrad", None, None, "Node", None,
    ]  # fmt: skip
    assert [number for _, number in node.next_functions] == [0] * 5


def test_a_node_made_by_an_operation_has_what_init_gives():
    x = leaf(1.0, 2.0)
    found = (x * x).grad_fn
    made = Node(found.op, found.args, found.out, found.attrs, found.aux, found.parents, found.shape, found.dtype, None)
    for name in set(Node.__slots__) - {"__weakref__", "seq"}:
        assert getattr(found, name) == getattr(made, name), name


@pytest.mark.parametrize(
    ("compute", "name"),
    [
        (lambda x: x * 2, "MulBackward0"),
        (lambda x: tg.nn.functional.log_softmax(x, 0), "LogSoftmaxBackward0"),
        (lambda x: x.exp(), "ExpBackward0"),
    ],
)
def test_names_are_pytorchs(compute, name):
    assert compute(leaf(1.0, 2.0)).grad_fn.name() == name


def test_a_node_prints_its_operation_number_shape_and_dtype():
    node = (leaf(1.0, 2.0) * 2).grad_fn
    assert repr(node) == f"<mul #{node.seq} (2,) float64>"
    assert node.ndim == 1


def test_ends_of_one_leaf_are_equal_and_of_others_are_not():
    x, w = leaf(1.0), leaf(1.0)
    assert AccumulateGrad(x) == AccumulateGrad(x)
    assert hash(AccumulateGrad(x)) == hash(AccumulateGrad(x))
    assert AccumulateGrad(x) != AccumulateGrad(w)
    assert AccumulateGrad(x) != x.array.tolist()


def test_observers_are_told_of_every_operation():
    seen = []
    x = leaf(1.0)
    observers.append(lambda op, values, attrs, out, node: seen.append((op.name, [*values], attrs, out.tolist(), node)))
    try:
        y = x * 2
        x.detach() * 3
    finally:
        observers.pop()
    x * 4
    assert seen == [("mul", [x.array, 2], {}, [2.0], y.grad_fn), ("mul", [x.array, 3], {}, [3.0], None)]
