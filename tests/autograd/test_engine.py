"""`backward` and `grad`: what they compute, accumulate and return."""

import pytest
from derivatives import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import primitive, registry


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


def test_backward_of_a_leaf_is_the_seed():
    x = leaf(2.0)
    x.backward()
    assert x.grad.item() == 1.0


def test_weighted_backward_of_a_vector():
    x = leaf([1.0, 2.0, 3.0])
    (x * x).backward(tg.tensor([1.0, 0.0, -1.0], dtype=tg.float64))
    assert x.grad.tolist() == [2.0, 0.0, -6.0]


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


def test_grad_of_several_outputs_adds_up():
    x = leaf(3.0)
    weight = tg.tensor(10.0, dtype=tg.float64)
    assert autograd.grad([x * 2, x * 5], x, [None, weight])[0].item() == 52.0
    with pytest.raises(RuntimeError, match="got 2 outputs but 1 grad_outputs"):
        autograd.grad([x * 2, x * 5], x, [weight])


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
