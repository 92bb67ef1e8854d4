"""What `backward` and `grad` refuse, and that an error leaves every gradient as it was."""

import numpy as np
import pytest
from derivatives import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import primitive, registry


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


def test_vector_without_gradient_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"one element, got shape \(2,\).*\.sum\(\) or \.mean\(\)"):
        (leaf([1.0, 2.0]) * 2).backward()


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
        (leaf([1.0, 2.0]) * 2).backward(gradient)


def test_backward_without_a_graph_is_refused():
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        tg.ones(()).backward()
    x = leaf(1.0)
    with tg.no_grad():
        y = x * 2
    with pytest.raises(RuntimeError, match=r"no_grad\(\)"):
        y.backward()


def test_unused_input_raises_unless_allowed():
    x, other = leaf(3.0), leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"input 1, of shape \(2,\), was not used.*allow_unused=True"):
        autograd.grad(x * 2, (x, other))
    assert autograd.grad(x * 2, (x, other), allow_unused=True)[1] is None
    with pytest.raises(RuntimeError, match="input 0.*does not require a gradient"):
        autograd.grad(x * 2, tg.ones(()))


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


def test_failing_vjp_leaves_every_gradient_and_names_the_op(broken_op):
    x = leaf(2.0)
    (x * 3).backward()
    with pytest.raises(ZeroDivisionError) as caught:
        (x * 5 + broken_op(x)).backward()
    assert x.grad.item() == 3.0
    assert "in the backward pass of <broken #" in caught.value.__notes__[0]


def test_vjp_of_the_wrong_shape_is_reported():
    @primitive(name="misshapen")
    def misshapen(x):
        return x * 2

    @misshapen.vjp(0)
    def misshapen_vjp_0(g, _y, _x):
        return g[:1]

    try:
        with pytest.raises(RuntimeError, match=r"misshapen: the VJP of input 0 returned shape \(1,\), expected \(2,\)"):
            misshapen(leaf([1.0, 2.0])).backward(tg.ones(2, dtype=tg.float64))
    finally:
        del registry["misshapen"]


def test_operations_cannot_be_defined_twice(broken_op):
    with pytest.raises(ValueError, match="'broken' exists already"):
        primitive(name="broken")(lambda x: x)
    with pytest.raises(ValueError, match="broken has a VJP for input 0 already"):
        broken_op.vjp(0)(lambda g, y, x: g)
