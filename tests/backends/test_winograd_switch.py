"""The switch of Winograd's kernel: results without it are the direct kernel's, and nearer."""

import numpy as np
import pytest
from kernel_forms import float32, needs_compiler

import tinygrad_cnn as torch
from tinygrad_cnn.nn import functional as F

pytestmark = needs_compiler


def convolved():
    """Return y = conv2d(x, w) with its gradients, and what they are in double precision."""
    x, w = float32(0, 4, 32, 24, 24), float32(1, 32, 32, 3, 3)
    found = []
    for dtype in (np.float32, np.float64):
        a, b = (torch.tensor(one.astype(dtype), requires_grad=True) for one in (x, w))
        y = F.conv2d(a, b, padding=1)
        (y * y).sum().backward()
        found.append([y.detach().numpy(), a.grad.numpy(), b.grad.numpy()])
    return found


def error(found, exact):
    return max(abs(one - other).max() / abs(other).max() for one, other in zip(found, exact, strict=True))


def test_without_winograd_errors_are_several_times_smaller():
    assert torch.backends.winograd.enabled
    fast = convolved()[0]
    with torch.backends.winograd.flags(enabled=False):
        assert not torch.backends.winograd.enabled
        direct, exact = convolved()
    assert torch.backends.winograd.enabled
    assert error(direct, exact) * 3 < error(fast, exact) < 1e-5
    assert all((a == b).all() for a, b in zip(convolved()[0], fast, strict=True))  # and back


def test_the_switch_is_a_bool_and_is_set_back():
    with pytest.raises(TypeError, match="winograd.enabled: expected a bool, got int"):
        torch.backends.winograd.enabled = 0
    with pytest.raises(KeyError), torch.backends.winograd.flags(enabled=False):
        raise KeyError
    assert torch.backends.winograd.enabled
    torch.backends.winograd.enabled = False
    assert not torch.backends.winograd.enabled
    torch.backends.winograd.enabled = True
