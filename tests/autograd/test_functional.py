"""Jacobians and their products, against formulas and against PyTorch's conventions for nesting."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd.functional import hessian, jacobian, jvp, vjp


def values(*numbers):
    return tg.tensor(numbers, dtype=tg.float64)


def two(x, w):
    """Two outputs of shapes (2,) and (2, 3)."""
    return x * x, x.reshape(2, 1) * w


def test_jacobian_of_several_is_nested_outputs_outside():
    x, w = values(2.0, 3.0), values(1.0, 5.0, 7.0)
    (yx, yw), (zx, zw) = jacobian(two, (x, w))
    assert yx.tolist() == [[4.0, 0.0], [0.0, 6.0]]
    assert yw.tolist() == np.zeros((2, 3)).tolist()
    np.testing.assert_allclose(zx.numpy(), np.einsum("ik,j->ijk", np.eye(2), [1.0, 5.0, 7.0]))
    np.testing.assert_allclose(zw.numpy(), np.einsum("i,jk->ijk", [2.0, 3.0], np.eye(3)))
    assert not x.requires_grad
    assert not zx.requires_grad


def test_products_agree_with_the_jacobian():
    x, w = values(2.0, 3.0), values(1.0, 5.0, 7.0)
    rows = jacobian(two, (x, w))
    u = values(0.5, -1.0), tg.randn(2, 3, dtype=tg.float64)
    outputs, products = vjp(two, (x, w), u)
    assert [one.shape for one in outputs] == [(2,), (2, 3)]
    for i, product in enumerate(products):
        expected = sum(np.tensordot(u[k].numpy(), rows[k][i].numpy(), u[k].ndim) for k in range(2))
        np.testing.assert_allclose(product.numpy(), expected)
    v = values(1.0, -2.0), values(0.1, 0.2, 0.3)
    _, products = jvp(two, (x, w), v)
    for k, product in enumerate(products):
        expected = sum(np.tensordot(rows[k][i].numpy(), v[i].numpy(), 1) for i in range(2))
        np.testing.assert_allclose(product.numpy(), expected)


def test_hessian_of_one_and_of_several():
    x, w = values(1.0, 2.0), values(3.0, 4.0)
    assert hessian(lambda x: (x**3).sum(), x).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    (xx, xw), (wx, ww) = hessian(lambda x, w: (x * x * w).sum(), (x, w))
    assert xx.tolist() == [[6.0, 0.0], [0.0, 8.0]]
    assert xw.tolist() == wx.tolist() == [[2.0, 0.0], [0.0, 4.0]]
    assert ww.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("of", [jacobian, lambda f, x, **how: vjp(f, x, values(1.0, 1.0), **how)[1],
                                lambda f, x, **how: jvp(f, x, values(1.0, 1.0), **how)[1]])  # fmt: skip
def test_create_graph_lets_results_be_differentiated(of):
    x = values(2.0, 3.0).requires_grad_()
    result = of(lambda x: x**3, x, create_graph=True)
    assert autograd.grad(result.sum(), x)[0].tolist() == [12.0, 18.0]
    assert not of(lambda x: x**3, x).requires_grad


def test_hessian_with_create_graph():
    x = values(2.0).requires_grad_()
    assert autograd.grad(hessian(lambda x: (x**4).sum(), x, create_graph=True).sum(), x)[0].item() == 48.0


def test_strict_refuses_what_would_be_zeros():
    x, w = values(1.0, 2.0), values(3.0)
    assert jacobian(lambda _x: values(1.0), x).tolist() == [[0.0, 0.0]]
    with pytest.raises(RuntimeError, match=r"jacobian: output 0, of shape \(1,\), does not depend on any input"):
        jacobian(lambda _x: values(1.0), x, strict=True)
    with pytest.raises(RuntimeError, match=r"vjp: no output depends on input 1, of shape \(1,\)"):
        vjp(lambda x, _w: x.sum(), (x, w), strict=True)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: vjp(lambda x: x * 2, x), RuntimeError, r"vjp: v may be left out.*got shape \(2,\)"),
        (lambda x: vjp(lambda x: x * 2, x, values(1.0)), RuntimeError, r"expected v 0 of shape \(2,\).*got \(1,\)"),
        (lambda x: jvp(lambda x: x * 2, x, (x, x)), RuntimeError, "expected a v for each input, got 2 for 1"),
        (lambda x: hessian(lambda x: x * 2, x), RuntimeError, r"hessian: expected.*one element, got shape \(2,\)"),
        (lambda _: jacobian(lambda x: x, 3.0), TypeError, "float"),
        (lambda x: jacobian(lambda _: 3.0, x), TypeError, "expected the function to return a tensor.*got float"),
        (lambda x: jacobian(lambda x: x, x, strategy="forward-mode"), ValueError, "got 'forward-mode'"),
    ],
)
def test_bad_arguments_are_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call(values(1.0, 2.0))


def test_works_where_recording_is_off():
    with tg.no_grad():
        assert jacobian(lambda x: x * x, values(1.0, 2.0)).tolist() == [[2.0, 0.0], [0.0, 4.0]]
