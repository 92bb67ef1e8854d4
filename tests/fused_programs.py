"""Programs with a ReLU after an operation that computes its gradients in one go, and their exact gradients."""

import numpy as np

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.backends.kernels import kernels_of


def random(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def conv(x, w, b):
    return F.conv2d(x, w, b, padding=1)


def strided_conv(x, w, b):
    return F.conv2d(x, w, b, stride=(2, 1), padding=(0, 2), dilation=(1, 2))


def linear(x, w, b):
    return F.linear(x, w, b)


def batch_norm(x, w, b):
    return F.batch_norm(x, None, None, w, b, training=True)


CASES = {
    "conv2d": (conv, (random(0, 3, 4, 9, 8), random(1, 5, 4, 3, 3), random(2, 5))),
    "conv2d, strided": (strided_conv, (random(0, 3, 4, 9, 8), random(1, 5, 4, 3, 3), random(2, 5))),
    "conv2d by Winograd": (conv, (random(0, 4, 12, 16, 13), random(1, 12, 12, 3, 3), random(2, 12))),
    "linear": (linear, (random(0, 6, 7), random(1, 5, 7), random(2, 5))),
    "batch_norm": (batch_norm, (random(0, 6, 4, 5, 3), random(1, 4), random(2, 4))),
}


def tensors(arrays, dtype=tc.float32):
    return [tc.tensor(array, dtype=dtype, requires_grad=True) for array in arrays]


def energy(y):
    """Return a number whose gradient with respect to every element of y is another one."""
    return (y * tc.tensor(random(9, *y.shape), dtype=y.dtype)).sum()


def gradients(name, program, dtype, mode, **how):
    """Return the gradients that `program` of the operation and its inputs, a number, has for these, as arrays."""
    op, arrays = CASES[name]
    with kernels_of(mode):
        leaves = tensors(arrays, dtype)
        return [one.detach().numpy() for one in grad(program(op, *leaves), leaves, **how)]


def agree(name, program, tolerance=2e-5, **how):
    """Check the gradients with compiled kernels, in float32, against those of the VJPs in float64."""
    found = gradients(name, program, tc.float32, "compiled", **how)
    expected = gradients(name, program, tc.float64, "numpy", **how)
    for one, other in zip(found, expected, strict=True):
        assert (one.shape, one.dtype) == (other.shape, np.float32)
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * max(abs(other).max(), 1))
