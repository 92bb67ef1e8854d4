"""Gradients of some of the inputs only: what the others' would need is then not saved."""

import itertools

import numpy as np
import pytest
from kernel_forms import needs_compiler

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn

pytestmark = needs_compiler

OPS = {
    "linear": (F.linear, [(4, 6), (5, 6), (5,)]),
    "linear of more axes": (F.linear, [(2, 4, 6), (5, 6), (5,)]),
    "linear of one axis": (F.linear, [(6,), (5, 6), (5,)]),
    "linear of nothing": (F.linear, [(4, 0), (5, 0), (5,)]),
    "conv2d": (F.conv2d, [(2, 3, 7, 6), (4, 3, 3, 3), (4,)]),
    "conv2d in groups": (lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1, groups=3),
                         [(2, 3, 7, 6), (6, 1, 3, 3), (6,)]),
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), [(3, 4, 5, 5), (4,), (4,)]),
}  # fmt: skip


def gradients(op, values, wanted, relu, dtype):
    tensors = [tg.tensor(v.astype(dtype), requires_grad=want) for v, want in zip(values, wanted, strict=True)]
    y = op(*tensors)
    y = F.relu(y) if relu else y
    (y * y.detach().cos()).sum().backward()
    return [None if t.grad is None else t.grad.numpy() for t in tensors]


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("wanted", [w for w in itertools.product([False, True], repeat=3) if any(w)], ids=str)
def test_gradients_of_some_inputs(name, relu, wanted):
    op, shapes = OPS[name]
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape) for shape in shapes]
    found = gradients(op, values, wanted, relu, np.float32)
    expected = gradients(op, values, wanted, relu, np.float64)
    for mine, its, want, shape in zip(found, expected, wanted, shapes, strict=True):
        assert (mine is not None) == want
        if want:
            assert mine.shape == shape
            np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_network_that_begins_with_a_linear_layer_learns(hidden):
    tg.manual_seed(0)  # not with all of the hidden units shut
    model = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)) if hidden else nn.Linear(6, 3)
    F.cross_entropy(model(tg.ones(2, 6)), tg.tensor([0, 2])).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
