"""The affine map: leading axes, no bias, and the shapes of its gradients."""

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.creation import from_numpy

SOURCE = np.random.default_rng(0)


def leaf(*shape):
    return from_numpy(SOURCE.standard_normal(shape)).requires_grad_()


@pytest.mark.parametrize("lead", [(), (5,), (2, 3), (0,)])
@pytest.mark.parametrize("biased", [True, False])
def test_every_row_is_mapped_and_gradients_have_the_shapes_of_the_inputs(lead, biased):
    x, w = leaf(*lead, 4), leaf(3, 4)
    b = leaf(3) if biased else None
    y = ops.linear(x, w, b)
    rows = x.array.reshape(-1, 4)
    expected = np.array([w.array @ row + (b.array if biased else 0) for row in rows]).reshape(*lead, 3)
    np.testing.assert_allclose(y.array, expected, rtol=1e-12)
    y.sum().backward()
    np.testing.assert_allclose(w.grad.array, np.tile(rows.sum(0), (3, 1)), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(x.grad.array, np.broadcast_to(w.array.sum(0), x.shape), rtol=1e-12)
    if biased:
        np.testing.assert_allclose(b.grad.array, np.full(3, len(rows)), rtol=1e-12)
