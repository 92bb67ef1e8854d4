"""The walk back: its order, sums, hooks, what is kept and freed, and what it says when something goes wrong."""

import re
import warnings
from itertools import pairwise

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import Node, Op, collect, hooks
from tinygrad_cnn.autograd.pending import Pending
from tinygrad_cnn.autograd.walk import run


def leaf(*values):
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def op_of(vjp, kernel=lambda x: x * 1, **options):
    """Return an operation with this VJP of its input 0."""
    op = Op(kernel, "noted", **options)
    op.vjp(0)(vjp)
    return op


def noting(seen, name):
    """Return an operation that notes `name` when its VJP runs."""

    def vjp(g, _y, _x):
        seen.append(name)
        return g

    return op_of(vjp)


def walked(output, targets=None, *, retain_graph=None, create_graph=False, seed=None):
    """Return what `run` gives from `output`, started at ones."""
    seed = tg.ones(output.shape, dtype=output.dtype) if seed is None else seed
    return run([(output, seed)], targets, retain_graph, create_graph)


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


def test_a_gradient_that_no_vjp_gives_reaches_nobody():
    op = Op(lambda x, w: x + w, "stopped")
    op.gradients = lambda _node, g, _wanted: [None, g]
    x, w = leaf(1.0), leaf(1.0)
    sums, _ = walked(op(x * 2, w))
    assert set(sums) == {w}


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


def test_hooks_of_results_see_the_finished_sum_and_change_what_flows_on():
    x = leaf(1.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    y.register_hook(lambda g: g * 10)
    (y * 3 + y * 4).sum().backward()
    assert seen == [7.0]
    assert x.grad.item() == 140.0


@pytest.mark.parametrize("asked", [True, False])
def test_hooks_of_leaves_run_once_after_the_walk(asked):
    x = leaf(1.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()) or g * 2)
    y = x * 2 + x * 3
    sums, _ = walked(y, [x] if asked else None)
    assert seen == [5.0]
    assert sums[x].tolist() == [10.0]


def test_hooks_of_a_result_that_is_asked_for_run_once_and_give_the_result():
    x = leaf(1.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.item()) or g * 2)
    gy, gx = autograd.grad((y * 3).sum(), (y, x), retain_graph=True)
    assert (seen, gy.item(), gx.item()) == ([3.0], 6.0, 12.0)
    (gy,) = autograd.grad((y * 3).sum(), (y,))  # nothing below is walked
    assert (seen, gy.item()) == ([3.0, 3.0], 6.0)


def test_hooks_of_an_output_that_is_asked_for_run_though_no_leaf_ever_had_one(monkeypatch):
    monkeypatch.setattr(hooks, "_of_leaves", [])
    y = leaf(1.0) * 2
    y.register_hook(lambda g: g * 10)
    assert autograd.grad(y, y)[0].item() == 10.0


def test_what_retains_its_gradient_gets_it_as_the_hooks_leave_it():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    _, retained = walked(y * 3)
    assert [(tensor is y, gradient.tolist()) for tensor, gradient in retained] == [(True, [30.0])]


def test_a_gradient_of_another_shape_is_refused_with_its_input():
    op = Op(lambda x, w: x * 1, "misfit")
    op.vjp(0)(lambda g, _y, _x, _w: g)
    op.vjp(1)(lambda g, _y, _x, _w: g[:1])
    with pytest.raises(
        RuntimeError, match=r"misfit: the VJP of input 1 returned shape \(1,\), expected \(2,\)"
    ) as caught:
        walked(op(leaf(1.0, 2.0), leaf(1.0, 2.0)))
    assert re.fullmatch(r"in the backward pass of <misfit #\d+ \(2,\) float64>, input 1", caught.value.__notes__[0])


def test_an_operation_that_fits_brings_a_gradient_to_the_shape_of_its_input():
    fitted = []

    def fit(gradient, shape):
        fitted.append(shape)
        return gradient.sum(keepdims=True) if isinstance(gradient, np.ndarray) else gradient.sum().reshape(shape)

    op = Op(lambda x, w: x + w, "fitting", fit=fit)
    op.vjp(0)(lambda g, _y, _x, _w: g)
    op.vjp(1)(lambda g, _y, _x, _w: g)
    sums, _ = walked(op(x := leaf(1.0, 2.0), w := leaf(1.0)))
    assert fitted == [(1,)]
    assert (sums[x].tolist(), sums[w].tolist()) == ([1.0, 1.0], [2.0])


def test_an_error_names_the_input_and_the_operation_and_leaves_recording_as_it_was():
    def vjp(_g, _y, _x):
        raise ZeroDivisionError("on purpose")

    x = leaf(1.0)
    with pytest.raises(ZeroDivisionError) as caught:
        walked(op_of(vjp)(x), create_graph=True)
    (note,) = caught.value.__notes__
    assert re.fullmatch(r"in the backward pass of <noted #\d+ \(1,\) float64>, input 0", note)
    assert tg.is_grad_enabled()
    with tg.no_grad():
        walked(leaf(1.0))
        assert not tg.is_grad_enabled()


@pytest.mark.parametrize("create_graph", [False, True])
def test_vjps_record_with_create_graph_only(create_graph):
    modes = []
    x = leaf(1.0)
    y = op_of(lambda g, _y, _x: modes.append(tg.is_grad_enabled()) or g)(x)
    with tg.set_grad_enabled(not create_graph):
        walked(y, create_graph=create_graph)
    assert modes == [create_graph]


def test_division_by_zero_in_a_vjp_is_infinite_in_silence():
    x = leaf(0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sums, _ = walked(x.sqrt())
    assert sums[x].tolist() == [np.inf]


def test_numbers_from_a_vjp_become_arrays():
    x = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
    op = op_of(lambda _g, _y, _x: np.float64(3.0))
    for y, expected in ((op(x), 3.0), (op(x) + op(x), 6.0)):
        sums, _ = walked(y)
        assert type(sums[x]) is np.ndarray
        assert sums[x].item() == expected


@pytest.mark.parametrize("saved", ["input", "output", "supplied"])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_vjp_gets_what_was_saved_as_arrays_or_at_its_place_in_the_graph(saved, create_graph):
    seen = []
    kernels = {"input": lambda x: x * 2, "output": lambda x: x * 2, "supplied": lambda x: (x * 2, x * 7)}
    op = Op(kernels[saved], "noted", supplies=("more",) if saved == "supplied" else ())
    if saved == "input":
        op.vjp(0)(lambda g, _y, x: seen.append(x) or g)
    elif saved == "output":
        op.vjp(0)(lambda g, y, _x: seen.append(y) or g)
    else:
        op.vjp(0)(lambda g, _y, _x, *, more: seen.append(more) or g)
    x = leaf(1.0) * 3
    y = op(x)
    walked(y, create_graph=create_graph)
    (found,) = seen
    expected = {"input": 3.0, "output": 6.0, "supplied": 21.0}[saved]
    assert found.item() == expected
    assert type(found) is (tg.Tensor if create_graph and saved != "supplied" else np.ndarray)
    if type(found) is tg.Tensor:
        assert found.grad_fn is (x if saved == "input" else y).grad_fn


def test_a_saved_constant_is_a_tensor_that_needs_no_gradient():
    seen = []
    op = Op(lambda x, w: x * w, "noted")
    op.vjp(0)(lambda g, _y, _x, w: seen.append(w) or g * w)
    walked(op(leaf(1.0), tg.tensor([4.0], dtype=tg.float64)), create_graph=True)
    assert seen[0].tolist() == [4.0]
    assert not seen[0].requires_grad


@pytest.mark.parametrize("keeps_half", [False, True])
def test_vjps_of_float16_compute_in_float32_unless_the_operation_keeps_it(keeps_half):
    seen = []

    def vjp(g, y, x):
        seen.extend([(one.dtype, one.tolist()) for one in (g, y, x)])
        return g * x

    x = tg.full((2,), 3.0, dtype=tg.float16, requires_grad=True)
    op = op_of(vjp, lambda x: x * 2, keeps_half=keeps_half)
    sums, _ = walked(op(x), seed=tg.full((2,), 5.0, dtype=tg.float16))
    dtype = tg.float16 if keeps_half else tg.float32
    assert seen == [(dtype, [value] * 2) for value in (5, 6, 3)]
    assert sums[x].dtype == tg.float16
    assert sums[x].tolist() == [15, 15]


def test_recorded_gradients_depend_on_the_seed():
    x, seed = leaf(2.0), leaf(3.0)
    sums, _ = walked(x * x, create_graph=True, seed=seed)
    assert autograd.grad(sums[x].sum(), seed)[0].tolist() == [4.0]


def test_a_missing_output_is_none_also_with_create_graph():
    seen = []
    x = leaf(2.0)
    walked(op_of(lambda g, _y, _x: seen.append(_y) or g)(x), create_graph=True)
    assert seen == [None]


@pytest.mark.parametrize("saved", [False, True])
def test_the_vjp_of_any_number_of_inputs_gets_all_of_them_or_none(saved):
    seen = []
    op = Op(lambda *xs: xs[0] + xs[1] + xs[2], "many")
    if saved:
        op.vjp_n(lambda n, g, _y, *xs: seen.append((n, [one.item() for one in xs])) or g)
    else:
        op.vjp_n(lambda n, g, _y, *_xs: seen.append((n, [*_xs])) or g)
    walked(op(leaf(1.0), leaf(2.0), leaf(3.0)))
    assert seen == [(n, [1.0, 2.0, 3.0] if saved else []) for n in range(3)]


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


def test_a_write_at_the_time_of_an_operation_came_before_it():
    x = leaf(2.0)
    y = x * 1
    with tg.no_grad():
        y.add_(1)
    sums, _ = walked(y * y)
    assert sums[x].tolist() == [6.0]


@pytest.mark.parametrize("position", [0, 1])
def test_a_wrong_shape_is_found_beside_gradients_that_are_none(position):
    op = Op(lambda x, w, v: x * 1, "misfit")
    op.gradients = lambda _node, g, _wanted: [None, g, g[:1]] if position else [None, g[:1], g]
    with pytest.raises(RuntimeError, match=rf"input {position + 1} returned shape \(1,\), expected \(2,\)"):
        walked(op(leaf(1.0, 2.0), leaf(1.0, 2.0), leaf(1.0, 2.0)))


def test_a_value_changed_after_it_was_saved_is_noticed():
    x = leaf(2.0)
    y = x * 1
    z = y * y
    with tg.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match="mul: argument 0.*was changed in place"):
        walked(z)


def test_nodes_are_walked_once_though_reached_by_many_roots():
    seen = []
    x = leaf(1.0)
    shared = noting(seen, "shared")(x)
    a, b = shared * 2, shared * 3
    sums, _ = run([(a, tg.ones(1, dtype=tg.float64)), (b, tg.ones(1, dtype=tg.float64))], None, None, False)
    assert seen == ["shared"]
    assert sums[x].tolist() == [5.0]
    assert all(isinstance(one, Node) for one in collect([a.grad_fn, b.grad_fn]))


@pytest.mark.parametrize("known", [0, 1])
def test_a_gradient_that_nobody_defined_is_an_error_of_its_input(known):
    op = Op(lambda x, w, v: x * 1, "half_known")
    for i in range(known):
        op.vjp(i)(lambda g, _y, *_inputs: g)
    with pytest.raises(RuntimeError, match=f"half_known: no gradient is defined for input {known}") as caught:
        walked(op(leaf(1.0), leaf(1.0), leaf(1.0)))
    assert caught.value.__notes__[0].endswith(f", input {known}")


def test_an_error_before_any_gradient_names_the_operation_alone():
    op = Op(lambda x: x * 1, "joint")
    op.gradients = lambda _node, _g, _wanted: 1 / 0
    with pytest.raises(ZeroDivisionError) as caught:
        walked(op(leaf(1.0)))
    assert re.fullmatch(r"in the backward pass of <joint #\d+ \(1,\) float64>", caught.value.__notes__[0])


def test_an_output_that_no_target_leads_to_leaves_nothing():
    x, w = leaf(1.0), leaf(1.0)
    one = tg.ones(1, dtype=tg.float64)
    sums, _ = run([(x * 2, one), (w * 3, one), (w, one)], [x], None, False)
    assert set(sums) == {x}


def test_gradients_of_float16_are_brought_to_the_shape_of_their_input():
    op = Op(lambda x, w: x + w, "fitting", fit=lambda gradient, shape: gradient.sum().reshape(shape))
    op.vjp(0)(lambda g, _y, _x, _w: g)
    op.vjp(1)(lambda g, _y, _x, _w: g)
    x, w = tg.ones(3, dtype=tg.float16, requires_grad=True), tg.ones(1, dtype=tg.float16, requires_grad=True)
    sums, _ = walked(op(x, w))
    assert (sums[w].dtype, sums[w].tolist()) == (tg.float16, [3.0])


def test_a_number_from_a_vjp_is_an_array_for_the_operation_below():
    seen = []
    x = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
    below = op_of(lambda g, _y, _x: seen.append(type(g)) or g)
    walked(op_of(lambda _g, _y, _x: np.float64(3.0))(below(x)))
    assert seen == [np.ndarray]
