"""What `autograd` itself offers: gradient checks, and functions as scripts for PyTorch write them."""

import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd.function import once_differentiable


def test_gradchecks_are_here_too():
    x = leaf(0.5, 2.0)
    assert autograd.gradcheck(lambda x: x * x, (x,), eps=1e-6, atol=1e-4, fast_mode=True, nondet_tol=1e-3)
    assert autograd.gradgradcheck(lambda x: x * x * x, x, fast_mode=True)
    assert autograd.gradcheck is tg.gradcheck.gradcheck
    with pytest.raises(ValueError, match="expected check_forward_ad=False, got True"):
        autograd.gradcheck(lambda x: x, x, check_forward_ad=True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'epsilon'"):
        autograd.gradcheck(lambda x: x, x, epsilon=1)
    with pytest.raises(AttributeError, match="has no attribute 'gradchek'"):
        autograd.gradchek  # noqa: B018 - that it raises is the test


def test_once_differentiable_is_where_pytorch_has_it():
    assert once_differentiable is autograd.once_differentiable
