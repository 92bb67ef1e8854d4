"""Reductions of large arrays against the same in float64: the error is a few roundings, whatever the size."""

import numpy as np
import pytest

import tinygrad_cnn
from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.nn import functional as F

ROUNDING = {"float32": 2.0**-24, "float16": 2.0**-11}


def rows(n):
    return (n, 3)


def soft(x):
    """Softmax over all rows, whose values float16 is too coarse for."""
    return (ops.softmax(x.double() if x.dtype == np.float16 else x, dim=0) * 1e5).to(x.dtype)


def targets(x):
    return tinygrad_cnn.tensor(np.arange(x.shape[0]) % x.shape[1])


REDUCTIONS = {
    "sum over rows": (lambda x: ops.sum(x / 64, 0), rows),
    "mean over rows": (lambda x: ops.mean(x, 0), rows),
    "mean of all": (ops.mean, rows),
    "var over rows": (lambda x: ops.var(x, 0), rows),
    "std of all": (ops.std, rows),
    "norm over rows": (lambda x: ops.norm(x, 2, 0), rows),
    "1-norm over rows": (lambda x: ops.norm(x / 64, 1, 0), rows),
    "3-norm over rows": (lambda x: ops.norm(x, 3, 0), rows),
    "logsumexp over rows": (lambda x: ops.logsumexp(x, 0), rows),
    "softmax over rows": (soft, rows),
    "log_softmax over rows": (lambda x: ops.log_softmax(x, dim=0), rows),
    "cumsum over rows": (lambda x: ops.cumsum(x / 64, 0), rows),
    "cumsum backwards": (lambda x: grad(ops.cumsum(x, 0), x, x / 64)[0], rows),
    "broadcasting": (lambda x: grad(ops.sum(from_numpy(np.ones(3, x.dtype)) * x / 64), x)[0], rows),
    "average of one large window": (lambda x: F.avg_pool2d(x, x.shape[2:]), lambda n: (1, 2, n // 100, 100)),
    "average of one long window": (lambda x: F.avg_pool1d(x, x.shape[2]), lambda n: (1, 2, n)),
    "adaptive average": (lambda x: F.adaptive_avg_pool2d(x, 1), lambda n: (1, 2, n // 100, 100)),
    "mse_loss": (lambda x: F.mse_loss(x, x * 0.5), rows),
    "l1_loss": (lambda x: F.l1_loss(x, x * 0), rows),
    "cross_entropy": (lambda x: F.cross_entropy(x, targets(x)), rows),
    "cross_entropy, smoothed": (lambda x: F.cross_entropy(x, targets(x), label_smoothing=0.1), rows),
    "binary_cross_entropy_with_logits": (lambda x: F.binary_cross_entropy_with_logits(x, x * 0), rows),
    "layer_norm": (lambda x: F.layer_norm(x, x.shape), rows),
    "group_norm": (lambda x: F.group_norm(x, 1), lambda n: (1, 2, n)),
    "batch_norm": (lambda x: F.batch_norm(x, None, None, training=True), rows),
    "dot": (lambda x: ops.dot(x / 8, x / 8), lambda n: (n,)),
}
GRADIENTS = {
    "mean": (ops.mean, rows),
    "bias of linear": (lambda b: ops.sum(F.linear(ones(b, N, 2), ones(b, 3, 2), b) / 64), lambda n: (3,)),
    "bias of conv2d": (
        lambda b: ops.sum(F.conv2d(ones(b, N // 4, 1, 2, 2), ones(b, 3, 1, 1, 1), b) / 64),
        lambda n: (3,),
    ),
    "weight of conv2d": (lambda w: ops.sum(F.conv2d(ones(w, N // 4, 1, 2, 2), w) / 64), lambda n: (3, 1, 1, 1)),
    "added to many": (lambda b: ops.sum((ones(b, N, 3) * 0.7 + b) * 0.01), lambda n: (3,)),
    "layer_norm": (lambda x: ops.sum(F.layer_norm(x, x.shape) * x), rows),
    "group_norm": (lambda x: ops.sum(F.group_norm(x, 1) * x), lambda n: (1, 2, n)),
    "batch_norm": (lambda x: ops.sum(F.batch_norm(x, None, None, training=True) * x), rows),
    "weight of layer_norm": (lambda w: ops.sum(F.layer_norm(ramp(w, N), (3,), w) * ramp(w, N) / 64), lambda n: (3,)),
}
N = 200_000

every = pytest.mark.parametrize("mode", ["numpy", "auto"])
dtypes = pytest.mark.parametrize("dtype", ["float32", "float16"])


def ones(like, *shape):
    return from_numpy(np.ones(shape, like.dtype))


def ramp(like, n):
    values = np.arange(3 * n).reshape(n, 3) % 7 / 8
    return from_numpy(values.astype(like.dtype))


def close(found, exact, dtype, few=8):
    """Check that values differ by a few roundings of the largest of them."""
    exact = np.asarray(exact.array)
    assert found.dtype == dtype
    assert np.isfinite(found.array).all()
    scale = np.abs(exact).max()
    error = np.abs(found.array.astype(np.float64) - exact).max()
    assert error <= few * ROUNDING[dtype] * scale, f"{error / (ROUNDING[dtype] * scale):.0f} roundings"


def arrays(shape, dtype):
    x = (np.random.default_rng(0).random(shape) + 0.25).astype(dtype)
    return from_numpy(x), from_numpy(x.astype(np.float64))


@every
@dtypes
@pytest.mark.parametrize("name", REDUCTIONS)
def test_forward(name, dtype, mode):
    call, shape = REDUCTIONS[name]
    x, exact = arrays(shape(N), dtype)
    x.requires_grad = exact.requires_grad = True
    with kernels_of(mode):
        close(call(x), call(exact), dtype)


@every
@dtypes
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name, dtype, mode):
    call, shape = GRADIENTS[name]
    x, exact = arrays(shape(N), dtype)
    x.requires_grad = exact.requires_grad = True
    with kernels_of(mode):
        close(grad(call(x), x)[0], grad(call(exact), exact)[0], dtype, few=24)
