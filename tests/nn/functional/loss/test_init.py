"""What holds for all losses: one node in the graph, dtypes, and no warning at infinities and NaN."""

import warnings

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.backends.kernels import kernels_of

X, T = np.array([[0.2, 0.9, 0.4], [0.7, 0.1, 0.6]]), np.array([[0.0, 1.0, 0.3], [1.0, 0.5, 0.2]])

ONE_BOX = [
    ("nll_loss", lambda x: F.nll_loss(x, tc.tensor([0, 2]), weight=x.detach()[0])),
    ("cross_entropy", lambda x: F.cross_entropy(x, tc.tensor([0, 2]))),
    ("soft_cross_entropy", lambda x: F.cross_entropy(x, tc.tensor([0, 2]), x.detach()[0], label_smoothing=0.1)),
    ("soft_cross_entropy", lambda x: F.cross_entropy(x, tc.tensor([0, -100]))),
    ("soft_cross_entropy", lambda x: F.cross_entropy(x, tc.tensor(T))),
    ("mse_loss", lambda x: F.mse_loss(x, tc.tensor(T))),
    ("l1_loss", lambda x: F.l1_loss(x, tc.tensor(T))),
    ("l1_loss", lambda x: F.smooth_l1_loss(x, tc.tensor(T), beta=0)),
    ("smooth_l1_loss", lambda x: F.smooth_l1_loss(x, tc.tensor(T))),
    ("huber_loss", lambda x: F.huber_loss(x, tc.tensor(T))),
    ("binary_cross_entropy", lambda x: F.binary_cross_entropy(x, tc.tensor(T), tc.tensor(T))),
    (
        "binary_cross_entropy_with_logits",
        lambda x: F.binary_cross_entropy_with_logits(x, tc.tensor(T), tc.tensor(T), pos_weight=tc.tensor(T)),
    ),
]

DISTANCES = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]

BINARY = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]

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


@pytest.mark.parametrize(("name", "loss"), ONE_BOX, ids=[f"{i}-{name}" for i, (name, _) in enumerate(ONE_BOX)])
def test_a_loss_is_one_operation_of_the_graph(name, loss):
    x = tc.tensor(X, requires_grad=True)
    node = loss(x).grad_fn
    assert node.op.name == name
    assert node.parents[0] is x


@pytest.mark.parametrize("name", [*DISTANCES, *BINARY])
def test_float32_in_float32_out(name):
    x = tc.full((2, 3), 0.25, requires_grad=True)
    loss = getattr(F, name)(x, tc.full((2, 3), 0.5))
    loss.backward()
    assert (loss.dtype, x.grad.dtype) == (tc.float32, tc.float32)


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
