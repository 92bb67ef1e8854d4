"""Clipping of gradients: PyTorch's numbers, in place, and the answer to gradients that are not finite."""

import math

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn.nn.utils import clip_grad_norm_, clip_grad_value_

SHAPES = [(3, 4), (), (2, 1, 5)]


def with_gradients(scale=1.0):
    rng = np.random.default_rng(0)
    parameters = [tc.zeros(shape, dtype=tc.float64, requires_grad=True) for shape in SHAPES]
    for p in parameters:
        p.grad = tc.tensor(scale * rng.normal(size=p.shape))
    return [*parameters, tc.zeros(3, requires_grad=True)]  # the last one has no gradient


def torch_twins(parameters):
    torch = pytest.importorskip("torch")
    twins = [torch.zeros(p.shape, dtype=torch.float64, requires_grad=True) for p in parameters]
    for p, twin in zip(parameters, twins, strict=True):
        if p.grad is not None:
            twin.grad = torch.tensor(p.grad.numpy().copy())
    return torch, twins


@pytest.mark.parametrize("norm_type", [2, 1.0, 3.5, math.inf, "inf", 0])
@pytest.mark.parametrize("max_norm", [0.5, 100])
def test_norm_and_gradients_are_those_of_pytorch(max_norm, norm_type):
    ours = with_gradients()
    torch, theirs = torch_twins(ours)
    memory = [p.grad.array for p in ours[:-1]]
    total = clip_grad_norm_(iter(ours), max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert total.item() == pytest.approx(expected.item(), rel=1e-14)
    for p, twin, array in zip(ours, theirs, memory, strict=False):
        np.testing.assert_allclose(p.grad.numpy(), twin.grad.numpy(), rtol=1e-14)
        assert p.grad.array is array
    assert ours[-1].grad is None


def test_gradients_within_the_norm_stay_as_they_are():
    parameters = with_gradients()
    before = [p.grad.numpy().copy() for p in parameters[:-1]]
    assert clip_grad_norm_(parameters, 1e3).item() < 1e3
    for p, values in zip(parameters, before, strict=False):
        np.testing.assert_array_equal(p.grad.numpy(), values)


def test_one_tensor_and_none():
    p = with_gradients()[0]
    clip_grad_norm_(p, 1.0)
    assert p.grad.norm().item() == pytest.approx(1, rel=1e-5)
    clip_grad_value_(p, 0.01)
    assert p.grad.abs().max().item() == 0.01
    assert clip_grad_norm_([], 1.0).item() == 0
    assert clip_grad_norm_([tc.zeros(2, requires_grad=True)], 1.0).item() == 0


def test_gradients_keep_their_dtypes():
    half, double = tc.ones(2, dtype=tc.float16, requires_grad=True), tc.ones(2, dtype=tc.float64, requires_grad=True)
    (half.double() * 3 + double * 4).sum().backward()
    assert clip_grad_norm_([half, double], 1.0).item() == pytest.approx(math.sqrt(50), rel=1e-3)
    assert (half.grad.dtype, double.grad.dtype) == (tc.float16, tc.float64)
    np.testing.assert_allclose(double.grad.numpy(), 4 / math.sqrt(50), rtol=1e-3)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_a_norm_that_is_not_finite(bad):
    parameters = with_gradients()
    parameters[2].grad[0, 0, 1] = bad
    before = [p.grad.numpy().copy() for p in parameters[:-1]]
    text = rf"finite norm, got {bad} of order 2; not finite is that of parameter 2 of shape \(2, 1, 5\)"
    with pytest.raises(RuntimeError, match=text):
        clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
    for p, values in zip(parameters, before, strict=False):
        np.testing.assert_array_equal(p.grad.numpy(), values)
    with np.errstate(invalid="ignore"):  # ∞ · 0
        clip_grad_norm_(parameters, 1.0)
    np.testing.assert_array_equal(parameters[0].grad.numpy(), np.full((3, 4), math.nan) if bad != bad else 0)


def test_clipping_by_value_is_that_of_pytorch():
    ours = with_gradients(3.0)
    torch, theirs = torch_twins(ours)
    assert clip_grad_value_(ours, 0.7) is None
    torch.nn.utils.clip_grad_value_(theirs, 0.7)
    for p, twin in zip(ours[:-1], theirs, strict=False):
        np.testing.assert_array_equal(p.grad.numpy(), twin.grad.numpy())
    assert max(p.grad.abs().max().item() for p in ours[:-1]) == 0.7
