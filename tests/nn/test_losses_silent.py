"""Losses of values that are infinite, too large or NaN: what IEEE arithmetic gives, without a warning."""

import warnings

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.backends.kernels import kernels_of

LOSSES = {
    "cross_entropy": lambda x: F.cross_entropy(x, tg.tensor([0, 1])),
    "cross_entropy, smoothed": lambda x: F.cross_entropy(x, tg.tensor([0, 1]), label_smoothing=0.1),
    "nll_loss of log_softmax": lambda x: F.nll_loss(F.log_softmax(x, 1), tg.tensor([0, 1])),
    "softmax": lambda x: F.softmax(x, 1)[0, 0],
    "binary_cross_entropy_with_logits": lambda x: F.binary_cross_entropy_with_logits(x, tg.zeros_like(x)),
    "mse_loss": lambda x: F.mse_loss(x, tg.zeros_like(x)),
    "l1_loss": lambda x: F.l1_loss(x, tg.full_like(x, float("inf"))),
    "huber_loss": lambda x: F.huber_loss(x, tg.zeros_like(x)),
    "smooth_l1_loss": lambda x: F.smooth_l1_loss(x, tg.zeros_like(x)),
}
INF, NAN, LARGE = np.inf, np.nan, 3e38


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("scores", [(INF, 0), (-INF, 0), (INF, INF), (-INF, -INF), (NAN, 0), (LARGE, -LARGE)], ids=str)
@pytest.mark.parametrize("mode", ["numpy", "auto"])
@pytest.mark.parametrize("dtype", [tg.float32, tg.float64], ids=str)
def test_no_warning(loss, scores, mode, dtype):
    with kernels_of(mode), warnings.catch_warnings():
        warnings.simplefilter("error")
        x = tg.tensor([scores, scores], dtype=dtype, requires_grad=True)
        value = LOSSES[loss](x)
        value.backward()
    assert x.grad.shape == (2, 2)


@pytest.mark.parametrize("mode", ["numpy", "auto"])
def test_the_value_is_what_arithmetic_gives(mode):
    def value(*scores):
        with kernels_of(mode):
            return F.cross_entropy(tg.tensor([scores]), tg.tensor([0])).item()

    assert np.isnan(value(INF, 0.0))
    assert np.isnan(value(NAN, 0.0))
    assert value(-INF, 0.0) == INF
    assert value(-LARGE, LARGE) == INF  # beyond float32
    assert value(LARGE, -LARGE) == 0
