"""Activations made of others: values, gradients at special points, changes in place, refusals."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.gradcheck import gradcheck, gradgradcheck
from tinygrad_cnn.nn import functional as F

NAMES = ["selu", "mish", "hardsigmoid", "hardswish"]
POINTS = np.array([-1e4, -30, -3, -2.999, -1, -0.0, 0, 1e-8, 0.5, 2.999, 3, 4, 30, 1e4])


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    for dtype, rtol in (("float64", 2e-7), ("float32", 2e-6)):  # there, a sixth is rounded to float32
        x = POINTS.astype(dtype)
        ours, theirs = tc.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = getattr(F, name)(ours), getattr(torch.nn.functional, name)(theirs)
        y.sum().backward()
        z.sum().backward()
        assert y.dtype == x.dtype
        np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=rtol, atol=1e-12)
        np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_two_orders(name):
    x = tc.tensor([-5.0, -2.5, -0.7, 0.3, 2.5, 5.0], dtype=tc.float64, requires_grad=True)
    assert gradcheck(getattr(F, name), (x,))
    assert gradgradcheck(getattr(F, name), (x,))


@pytest.mark.parametrize("name", NAMES)
def test_in_place_overwrites_the_input_and_is_recorded(name):
    x = tc.tensor([-2.0, -0.5, 0.5, 2.0], requires_grad=True)
    plain, changed = x * 1, x * 1
    expected = getattr(F, name)(plain)
    found = getattr(F, name)(changed, inplace=True)
    assert found is changed
    assert (found == expected).all()
    (first,) = tc.autograd.grad(expected.sum(), [x])
    (second,) = tc.autograd.grad(found.sum(), [x])
    assert (first == second).all()
    module = getattr(nn, {"selu": "SELU"}.get(name, name.capitalize()))(inplace=True)
    y = x.detach().clone()
    assert module(y) is y
    with pytest.raises(RuntimeError, match=f"{name}_: a leaf that requires a gradient"):
        module(x)


@pytest.mark.parametrize("name", NAMES)
def test_integers_are_refused(name):
    with pytest.raises(RuntimeError, match=f"{name}: expected input of a floating-point dtype, got int64"):
        getattr(F, name)(tc.tensor([1]))


def test_slopes_are_shared_or_by_channel():
    x = tc.tensor([[[-1.0, 2.0], [-3.0, -4.0]]], requires_grad=True)
    w = tc.tensor([0.5, 0.1], requires_grad=True)
    y = F.prelu(x, w)
    np.testing.assert_allclose(y.detach().numpy(), [[[-0.5, 2], [-0.3, -0.4]]], rtol=1e-6)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[[0.5, 1], [0.1, 0.1]]], rtol=1e-6)
    assert w.grad.tolist() == [-1, -7]
    assert F.prelu(x.detach(), tc.tensor(0.5)).tolist() == [[[-0.5, 2], [-1.5, -2]]]
    assert F.prelu(tc.tensor(-2.0), tc.tensor([0.5])).shape == ()


def test_an_infinite_input_leaves_the_slope_alone():
    w = tc.tensor([0.0], requires_grad=True)
    F.prelu(tc.tensor([float("inf"), -2.0]), w).sum().backward()
    assert w.grad.tolist() == [-2]


@pytest.mark.parametrize(
    ("x", "w", "text"),
    [
        (tc.ones(2, 3), tc.ones(2), r"weight \(1,\), or \(3,\) for the channels of input \(2, 3\), got \(2,\)"),
        (tc.ones(2, 3), tc.ones(1, 3), r"got \(1, 3\)"),
        (tc.ones(4), tc.ones(4), r"got \(4,\)"),
        (tc.ones(2, 3), tc.ones(3).double(), "expected tensors of one dtype"),
    ],
)
def test_slopes_that_do_not_fit(x, w, text):
    with pytest.raises(RuntimeError, match=f"prelu: .*{text}"):
        F.prelu(x, w)
    with pytest.raises(ValueError, match="PReLU: expected at least 1 slope"):
        nn.PReLU(0)
