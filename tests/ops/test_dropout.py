"""Dropout with a given mask: scale, the case p = 1, and that the mask is all that is saved."""

import math

import numpy as np
import pytest

from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones, tensor, zeros

NAN = float("nan")


def test_what_is_kept_is_scaled_and_the_mask_broadcasts():
    x = np.arange(1.0, 7).reshape(2, 3)
    keep = np.array([[True], [False]])
    np.testing.assert_allclose(ops.dropout(x, keep, p=0.75), np.where(keep, 4 * x, 0), rtol=1e-15)
    assert ops.dropout(ones(2), np.ones(2, bool), p=0.0).tolist() == [1, 1]


def test_with_p_1_everything_is_zero_but_nan():
    found = ops.dropout(tensor([1.0, -1.0, NAN]), np.zeros(3, bool), p=1.0)
    assert found.tolist()[:2] == [0, 0]
    assert math.isnan(found[2].item())


def test_the_gradient_goes_through_the_same_mask_which_alone_is_saved():
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    keep = np.array([True, False, True])
    y = ops.dropout(x, keep, p=0.5)
    assert y.grad_fn.args[0] is None
    assert y.grad_fn.args[1] is keep
    y.backward(tensor([1.0, 1.0, 3.0]))
    assert x.grad.tolist() == [2, 0, 6]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_dtype_stays(dtype):
    assert ops.dropout(ones(3, dtype=dtype), np.ones(3, bool), p=0.5).dtype == dtype
    assert ops.dropout(zeros(0, 2, dtype=dtype), np.ones((0, 2), bool), p=0.5).shape == (0, 2)
