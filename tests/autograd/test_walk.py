"""The walk back: its order, sums and targets, and what it keeps and frees."""

from itertools import pairwise

import numpy as np
import pytest
from walks import leaf, noting, op_of, walked

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import Node, Op, collect
from tinygrad_cnn.autograd.walk import run


def test_collect_gives_each_node_once_and_the_newest_first():
    x = leaf(1.0)
    a = x * 2
    b = a * 3
    c = a + b
    d = c * a
    nodes = collect([d.grad_fn, c.grad_fn, x, None])
    assert nodes == [d.grad_fn, c.grad_fn, b.grad_fn, a.grad_fn]
    assert all(newer.seq > older.seq for newer, older in pairwise(nodes))
    assert collect([x]) == []


def test_operations_are_visited_from_the_newest_to_the_oldest_whatever_the_order_of_use():
    seen = []
    x = leaf(1.0)
    first = noting(seen, "first")(x)
    second = noting(seen, "second")(first)
    third = noting(seen, "third")(first)
    (third + second + first).sum().backward()
    assert seen == ["third", "second", "first"]


def test_nodes_are_walked_once_though_reached_by_many_roots():
    seen = []
    x = leaf(1.0)
    shared = noting(seen, "shared")(x)
    a, b = shared * 2, shared * 3
    sums, _ = run([(a, tg.ones(1, dtype=tg.float64)), (b, tg.ones(1, dtype=tg.float64))], None, None, False)
    assert seen == ["shared"]
    assert sums[x].tolist() == [5.0]
    assert all(isinstance(one, Node) for one in collect([a.grad_fn, b.grad_fn]))


def test_a_vjp_runs_once_with_the_sum_of_all_gradients():
    seen = []

    def vjp(g, _y, _x):
        seen.append(g.tolist())
        return g

    x = leaf(1.0, 2.0)
    y = op_of(vjp)(x)
    (y * 2 + y * 3 + y).sum().backward()
    assert seen == [[6.0, 6.0]]
    assert x.grad.tolist() == [6.0, 6.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_sums_are_arrays_or_with_create_graph_tensors(create_graph):
    x, w = leaf(2.0), leaf(5.0)
    sums, retained = walked((x * x * w).sum(), create_graph=create_graph)
    assert set(sums) == {x, w}
    assert all(type(one) is (tg.Tensor if create_graph else np.ndarray) for one in sums.values())
    assert [sums[one].item() for one in (x, w)] == [20.0, 4.0]
    assert retained == []
    if create_graph:
        assert autograd.grad(sums[x].sum(), (x, w))[1].item() == 4.0


def test_seeds_of_one_output_add_up():
    x = leaf(2.0, 3.0)
    y = x * 4
    g = tg.tensor([1.0, 10.0], dtype=tg.float64)
    sums, _ = run([(y, g), (y, g), (x, g)], None, None, False)
    assert sums[x].tolist() == [9.0, 90.0]
    assert g.tolist() == [1.0, 10.0]


def test_an_output_that_is_a_leaf_gets_its_seed():
    x = leaf(2.0)
    sums, _ = walked(x)
    assert sums[x].tolist() == [1.0]


def test_recorded_gradients_depend_on_the_seed():
    x, seed = leaf(2.0), leaf(3.0)
    sums, _ = walked(x * x, create_graph=True, seed=seed)
    assert autograd.grad(sums[x].sum(), seed)[0].tolist() == [4.0]


def test_only_what_was_asked_for_is_in_the_sums():
    x, w = leaf(2.0), leaf(5.0)
    y = x * 3
    z = y * w
    sums, _ = walked(z, [y])
    assert list(sums) == [y.grad_fn]
    assert sums[y.grad_fn].tolist() == [5.0]


def test_operations_below_and_beside_what_was_asked_for_are_not_walked():
    seen = []
    x, w = leaf(2.0), leaf(5.0)
    below = noting(seen, "below")(x)
    beside = noting(seen, "beside")(w)
    between = noting(seen, "between")(below * 1)
    (g,) = autograd.grad((between * beside).sum(), below)
    assert seen == ["between"]
    assert g.item() == 5.0
    (below * 1).sum().backward()  # it was not walked, so it was not freed
    assert seen == ["between", "below"]


def test_what_was_asked_for_may_lie_below_another_that_was():
    x = leaf(3.0)
    y = x * x
    z = y * 2
    gz, gy, gx = autograd.grad(z.sum(), (z, y, x))
    assert (gz.item(), gy.item(), gx.item()) == (1.0, 2.0, 12.0)


def test_a_target_that_the_outputs_do_not_reach_has_no_sum():
    x, w = leaf(2.0), leaf(5.0)
    sums, _ = walked(x * 2, [x, w])
    assert set(sums) == {x}


def test_an_output_that_no_target_leads_to_leaves_nothing():
    x, w = leaf(1.0), leaf(1.0)
    one = tg.ones(1, dtype=tg.float64)
    sums, _ = run([(x * 2, one), (w * 3, one), (w, one)], [x], None, False)
    assert set(sums) == {x}


def test_a_gradient_that_is_not_wanted_is_not_computed():
    seen = []
    op = Op(lambda x, w, c: x + w + c, "noted")
    for i in range(3):
        op.vjp(i)(lambda g, _y, _x, _w, _c, i=i: seen.append(i) or g)
    x, w, constant = leaf(1.0), leaf(1.0), tg.ones(1, dtype=tg.float64)
    y = op(x, w, constant)
    autograd.grad(y, w, retain_graph=True)
    assert seen == [1]
    walked(op(constant, x, constant), [x])
    walked(y)
    assert seen == [1, 1, 0, 1]


def test_what_was_saved_is_freed_and_the_structure_stays():
    x = leaf(2.0)
    y = x * x
    e = y.exp()
    walked(e)
    for node in (y.grad_fn, e.grad_fn):
        assert (node.args, node.out, node.aux) == (None, None, None)
        assert len(node.parents) in (1, 2)
    with pytest.raises(RuntimeError, match=r"backward: the values that <exp #\d+ .* saved were freed.*retain_graph"):
        walked(e)


@pytest.mark.parametrize(("retain_graph", "create_graph"), [(True, False), (None, True), (True, True)])
def test_what_was_saved_is_kept_for_another_pass(retain_graph, create_graph):
    x = leaf(2.0)
    y = x * x
    for _ in range(2):
        sums, _ = walked(y, retain_graph=retain_graph, create_graph=create_graph)
        assert sums[x].tolist() == [4.0]
    walked(y, retain_graph=False, create_graph=create_graph)
    with pytest.raises(RuntimeError, match="freed"):
        walked(y)


def test_a_freed_graph_is_refused_before_any_vjp_runs():
    seen = []
    x = leaf(2.0)
    y = x * x
    walked(y)
    with pytest.raises(RuntimeError, match="freed"):
        walked(noting(seen, "newer")(y))
    assert seen == []


def test_what_is_not_walked_may_have_been_freed():
    x, w = leaf(2.0), leaf(3.0)
    y = x * x
    walked(y)
    assert autograd.grad((y * w).sum(), w)[0].item() == 4.0


def test_a_value_changed_after_it_was_saved_is_noticed():
    x = leaf(2.0)
    y = x * 1
    z = y * y
    with tg.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match="mul: argument 0.*was changed in place"):
        walked(z)


def test_a_write_at_the_time_of_an_operation_came_before_it():
    x = leaf(2.0)
    y = x * 1
    with tg.no_grad():
        y.add_(1)
    sums, _ = walked(y * y)
    assert sums[x].tolist() == [6.0]
