"""Gradients are linear in g: a check with g of ones alone cannot see that."""

import numpy as np
import pytest
from op_samples import SAMPLES

from tinygrad_cnn.autograd import grad, registry
from tinygrad_cnn.creation import from_numpy


@pytest.mark.parametrize("sample", [one for one in SAMPLES if registry[one.op].differentiable], ids=str)
def test_three_times_g_is_three_times_the_gradient(sample):
    leaves = [from_numpy(np.array(array)) for array in sample.inputs]
    for one in leaves:
        one.requires_grad = one.is_floating_point()
    output = sample.call(*leaves)
    if not output.requires_grad:
        return
    wanted = [one for one in leaves if one.requires_grad]
    g = np.random.default_rng(3).standard_normal(output.shape)
    once, thrice = (
        grad(output, wanted, from_numpy(np.asarray(factor * g, output.dtype)), retain_graph=True) for factor in (1, 3)
    )
    for one, other in zip(once, thrice, strict=True):
        np.testing.assert_allclose(other.array, 3 * one.array, rtol=1e-12, atol=1e-300)
