"""What `backward` and `grad` take: several outputs, chosen inputs, unused inputs."""

import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import autograd


def test_backward_of_several_tensors_walks_once():
    x = leaf(3.0)
    calls = []
    shared = x * x
    shared.register_hook(lambda g: calls.append(g.item()))
    autograd.backward([shared.sum(), shared * 5], [None, tg.tensor([10.0], dtype=tg.float64)])
    assert calls == [51.0]
    assert x.grad.item() == 306.0
    with pytest.raises(RuntimeError, match="backward: got 2 tensors but 1 grad_tensors"):
        autograd.backward([x * 1, x * 2], [None])


def test_inputs_limit_what_is_written():
    x, w = leaf(2.0), leaf(3.0)
    y = x * w
    (y * y).sum().backward(inputs=[w, y], retain_graph=True)
    assert (x.grad, w.grad.item(), y.grad.item()) == (None, 24.0, 12.0)
    (y * y).sum().backward(inputs=x)
    assert (x.grad.item(), w.grad.item()) == (36.0, 24.0)


def test_leaf_outside_inputs_is_left_alone():
    x, w = leaf(2.0), leaf(3.0)
    autograd.backward([x, w * 2], inputs=[w])
    assert (x.grad, w.grad.item()) == (None, 2.0)


def test_bad_inputs_are_refused():
    x = leaf(2.0)
    with pytest.raises(RuntimeError, match="expected at least one tensor in inputs, got none"):
        (x * 2).backward(inputs=[])
    with pytest.raises(RuntimeError, match=r"backward: input 0, of shape \(2,\), does not require a gradient"):
        (x * 2).backward(inputs=[tg.ones(2)])
    with pytest.raises(TypeError, match="grad: expected tensors as inputs, got float as input 0"):
        autograd.grad(x * 2, [3.0])
    with pytest.raises(TypeError, match="backward: expected tensors, got float"):
        autograd.backward([3.0])


def test_unused_inputs_may_give_zeros():
    x, other = leaf(3.0), leaf(1.0, 2.0)
    found = autograd.grad(x * 2, (x, other), materialize_grads=True)
    assert [one.tolist() for one in found] == [[2.0], [0.0, 0.0]]
    with pytest.raises(ValueError, match="allow_unused must not be False"):
        autograd.grad(x * 2, x, materialize_grads=True, allow_unused=False)
    with pytest.warns(FutureWarning, match="only_inputs=False has no effect"):
        autograd.grad(x * 2, x, only_inputs=False)


def test_positions_are_pytorchs():
    x = leaf(3.0)
    (x * x).backward(tg.tensor([2.0], dtype=tg.float64), True, False)
    assert x.grad.item() == 12.0
    y = x * x
    (g,) = autograd.grad(y, x, None, True, True)
    assert autograd.grad(g, x)[0].item() == 2.0


def test_grad_with_respect_to_a_result_does_not_free_what_made_it():
    x = leaf(3.0)
    y = x * x
    assert autograd.grad(y * y, y)[0].item() == 18.0
    y.backward()
    assert x.grad.item() == 6.0


def test_accumulating_a_recorded_gradient_is_recorded_under_no_grad():
    x = leaf(3.0)
    for _ in range(2):
        y = (x**3).sum()
        with tg.no_grad():
            y.backward(create_graph=True)
    gradient, x.grad = x.grad, None
    gradient.backward()
    assert x.grad.item() == 36.0
