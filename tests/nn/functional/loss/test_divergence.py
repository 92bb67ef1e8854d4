"""The Kullback-Leibler divergence: where it is zero, and what it refuses."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn.nn import functional as F

REFUSED = [
    (lambda: F.kl_div(tc.ones(2), tc.ones(2), reduction="rows"), ValueError, "'sum' or 'batchmean', got 'rows'"),
    (lambda: F.kl_div(tc.ones(2), tc.ones(2).long(), reduction="sum"), RuntimeError, "kl_div: expected target of"),
]


def test_the_divergence_of_equal_distributions_is_zero_and_zeros_count_for_nothing():
    p = tc.tensor([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]], dtype=tc.float64)
    x = tc.log(tc.tensor([[0.5, 0.5, 0.1], [0.2, 0.3, 0.5]], dtype=tc.float64)).requires_grad_()
    t = p.clone().requires_grad_()
    loss = F.kl_div(x, t, reduction="batchmean")
    loss.backward()
    assert loss.item() == pytest.approx(0)
    assert x.grad[0, 2].item() == 0
    assert np.isfinite(t.grad.numpy()).all()
    with pytest.warns(UserWarning, match="kl_div: reduction 'mean' divides by the number of elements"):
        F.kl_div(x.detach(), p)


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
