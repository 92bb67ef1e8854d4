"""The backward pass: order, accumulation, freeing, errors, depth."""

import gc
import sys
import weakref

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import engine, primitive, registry


@pytest.fixture
def broken_op():
    """An op whose VJP raises, removed again afterwards."""

    @primitive(name="broken")
    def broken(x):
        return x + 1

    @broken.vjp(0)
    def broken_vjp_0(g, y, x):
        raise ZeroDivisionError("on purpose")

    yield broken
    del registry["broken"]


def leaf(*values):
    return tg.tensor(values if len(values) > 1 else values[0], dtype=tg.float64, requires_grad=True)


def test_gradient_of_an_expression():
    a, b = leaf(2.0), leaf(-3.0)
    ((a * b + a) / b).backward()
    assert a.grad.item() == pytest.approx(1 - 1 / 3)  # d(a + a/b)/da = 1 + 1/b
    assert b.grad.item() == pytest.approx(-2 / 9)  # −a/b²


def test_a_tensor_used_twice_receives_both_gradients():
    x = leaf(3.0)
    (x * x + x).backward()
    assert x.grad.item() == 7.0


def test_gradients_accumulate_over_passes_until_reset():
    x = leaf(3.0)
    (2 * x).backward()
    first = x.grad
    (5 * x).backward()
    assert x.grad.item() == 7.0
    assert x.grad is first
    x.grad = None
    (5 * x).backward()
    assert x.grad.item() == 5.0


def test_leaf_gradients_share_memory_with_nothing():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
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
    x = leaf(1.0, 2.0)
    noted_op(x).backward(tg.ones(2, dtype=tg.float64))
    assert x.grad.numpy().ctypes.data == noted_op.places[-1]
    x.grad, noted_op.held = None, []
    noted_op(x).backward(tg.ones(2, dtype=tg.float64))
    assert not np.shares_memory(x.grad.numpy(), noted_op.held[-1])


def test_gradient_of_a_sum_is_writable():
    x = leaf(1.0, 2.0)
    x.sum().backward()
    x.grad += 1
    assert x.grad.tolist() == [2.0, 2.0]


def test_backward_of_a_leaf_is_the_seed():
    x = leaf(2.0)
    x.backward()
    assert x.grad.item() == 1.0


def test_weighted_backward_of_a_vector():
    x = leaf(1.0, 2.0, 3.0)
    (x * x).backward(tg.tensor([1.0, 0.0, -1.0], dtype=tg.float64))
    assert x.grad.tolist() == [2.0, 0.0, -6.0]


def test_vector_without_gradient_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"one element, got shape \(2,\).*\.sum\(\) or \.mean\(\)"):
        (leaf(1.0, 2.0) * 2).backward()


@pytest.mark.parametrize(
    ("gradient", "kind", "message"),
    [
        (np.ones(2), TypeError, "expected the gradient as a tensor, got ndarray"),
        (tg.ones(3, dtype=tg.float64), RuntimeError, r"shape \(2,\).*got \(3,\)"),
        (tg.ones(2), RuntimeError, "dtype float64.*got float32"),
    ],
)
def test_bad_seed_is_refused(gradient, kind, message):
    with pytest.raises(kind, match=message):
        (leaf(1.0, 2.0) * 2).backward(gradient)


def test_backward_without_a_graph_is_refused():
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        tg.ones(()).backward()
    x = leaf(1.0)
    with tg.no_grad():
        y = x * 2
    with pytest.raises(RuntimeError, match=r"no_grad\(\)"):
        y.backward()


def test_second_backward_says_the_graph_was_freed():
    x = leaf(2.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match=r"<mul #\d+ \(\) float64> saved were freed.*retain_graph=True"):
        y.backward()
    assert x.grad.item() == 4.0


def test_part_of_a_freed_graph_is_refused_before_anything_is_written():
    x = leaf(2.0)
    shared = x * x
    shared.backward()
    with pytest.raises(RuntimeError, match="freed"):
        (shared * 3).backward()
    assert x.grad.item() == 4.0


def test_retain_graph_allows_another_pass():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8.0


def test_create_graph_gives_every_order():
    x = leaf(2.0)
    y = x**4
    orders = []
    for _ in range(4):
        (y,) = autograd.grad(y, x, create_graph=True)
        orders.append(y.item())
    assert orders == [32.0, 48.0, 48.0, 24.0]


def test_backward_with_create_graph_can_be_differentiated():
    x = leaf(3.0)
    (x**3).backward(create_graph=True)
    gradient = x.grad
    assert gradient.requires_grad
    x.grad = None
    gradient.backward()
    assert x.grad.item() == 18.0


def test_grad_leaves_grad_alone_and_reaches_results_in_between():
    x = leaf(3.0)
    y = x * x
    z = y * 2
    assert [value.item() for value in autograd.grad(z, (x, y))] == [12.0, 2.0]
    assert x.grad is None


def test_grad_walks_only_what_lies_between(broken_op):
    x, unrelated = leaf(3.0), leaf(1.0)
    z = x * 2 + broken_op(unrelated)
    assert autograd.grad(z, x)[0].item() == 2.0


def test_grad_of_several_outputs_adds_up():
    x = leaf(3.0)
    weight = tg.tensor(10.0, dtype=tg.float64)
    assert autograd.grad([x * 2, x * 5], x, [None, weight])[0].item() == 52.0
    with pytest.raises(RuntimeError, match="got 2 outputs but 1 grad_outputs"):
        autograd.grad([x * 2, x * 5], x, [weight])


def test_unused_input_raises_unless_allowed():
    x, other = leaf(3.0), leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"input 1, of shape \(2,\), was not used.*allow_unused=True"):
        autograd.grad(x * 2, (x, other))
    assert autograd.grad(x * 2, (x, other), allow_unused=True)[1] is None
    with pytest.raises(RuntimeError, match="input 0.*does not require a gradient"):
        autograd.grad(x * 2, tg.ones(()))


def test_inputs_without_requires_grad_cost_nothing():
    calls = []

    @primitive(name="counted")
    def counted(x, w):
        return x * w

    @counted.vjp(0)
    def counted_vjp_0(g, _y, _x, w):
        calls.append("x")
        return g * w

    @counted.vjp(1)
    def counted_vjp_1(g, _y, x, _w):
        calls.append("w")
        return g * x

    try:
        counted(tg.ones(()), leaf(2.0)).backward()
    finally:
        del registry["counted"]
    assert calls == ["w"]


def test_failing_vjp_leaves_every_gradient_and_names_the_op(broken_op):
    x = leaf(2.0)
    (x * 3).backward()
    with pytest.raises(ZeroDivisionError) as caught:
        (x * 5 + broken_op(x)).backward()
    assert x.grad.item() == 3.0
    assert "in the backward pass of <broken #" in caught.value.__notes__[0]


def test_missing_vjp_raises_instead_of_giving_zero():
    @primitive(name="half_known")
    def half_known(x, w):
        return x * w

    @half_known.vjp(0)
    def half_known_vjp_0(g, _y, _x, w):
        return g * w

    try:
        assert half_known(leaf(2.0), tg.ones(())).item() == 2.0
        with pytest.raises(RuntimeError, match="half_known: no gradient is defined for input 1"):
            half_known(leaf(2.0), leaf(3.0)).backward()
    finally:
        del registry["half_known"]


def test_vjp_of_the_wrong_shape_is_reported():
    @primitive(name="misshapen")
    def misshapen(x):
        return x * 2

    @misshapen.vjp(0)
    def misshapen_vjp_0(g, _y, _x):
        return g[:1]

    try:
        with pytest.raises(RuntimeError, match=r"misshapen: the VJP of input 0 returned shape \(1,\), expected \(2,\)"):
            misshapen(leaf(1.0, 2.0)).backward(tg.ones(2, dtype=tg.float64))
    finally:
        del registry["misshapen"]


def test_operations_cannot_be_defined_twice(broken_op):
    with pytest.raises(ValueError, match="'broken' exists already"):
        primitive(name="broken")(lambda x: x)
    with pytest.raises(ValueError, match="broken has a VJP for input 0 already"):
        broken_op.vjp(0)(lambda g, y, x: g)


def test_only_what_a_vjp_reads_is_saved():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    assert (x + w).grad_fn.args == (None, None)
    product = (x * w).grad_fn
    assert product.args[0] is x.array
    assert product.out is None
    constant = tg.tensor([5.0, 6.0], dtype=tg.float64)
    assert (x * constant).grad_fn.args == (None, constant.array)  # only what the gradient of x needs
    e = x.exp()
    assert e.grad_fn.args == (None,)
    assert e.grad_fn.out is e.array


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


def test_graph_is_freed_without_the_cycle_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
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


@pytest.mark.parametrize("saved", [True, False])
def test_an_op_of_any_number_of_inputs(saved):
    @primitive(name="product_of_all" if saved else "sum_of_all")
    def op(*xs):
        total = xs[0]
        for x in xs[1:]:
            total = total * x if saved else total + x
        return total

    if saved:

        @op.vjp_n
        def product_of_all_vjp_n(n, g, _y, *xs):
            for i, x in enumerate(xs):
                g = g if i == n else g * x
            return g
    else:

        @op.vjp_n
        def sum_of_all_vjp_n(_n, g, _y, *_xs):
            return g

    try:
        a, b, c = leaf(2.0), tg.tensor(3.0, dtype=tg.float64), leaf(5.0)
        y = op(a, b, c)
        assert y.grad_fn.args == ((a.array, b.array, c.array) if saved else (None, None, None))
        da, dc = autograd.grad(y, (a, c), create_graph=saved)
        assert (da.item(), dc.item()) == ((15.0, 6.0) if saved else (1.0, 1.0))
        if saved:
            assert autograd.grad(da, c)[0].item() == 3.0
    finally:
        del registry[op.name]
