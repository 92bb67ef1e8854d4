"""Random operations draw other numbers than PyTorch's, from the same distributions."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="parity needs PyTorch: make parity installs torch and expecttest")
pytest.importorskip("expecttest", reason="PyTorch's samples need expecttest: make parity installs it")

import torch

import tinygrad_cnn as ours
import tinygrad_cnn.nn.functional as F
from op_db.compare import distance

N = 20_000


MAKERS = {
    "rand": lambda lib: lib.rand(N),
    "randn": lambda lib: lib.randn(N),
    "randint": lambda lib: lib.randint(-3, 9, (N,)),
    "randint high only": lambda lib: lib.randint(9, (N,)),
    "rand_like": lambda lib: lib.rand_like(lib.zeros(N)),
    "randn_like": lambda lib: lib.randn_like(lib.zeros(N)),
    "randint_like": lambda lib: lib.randint_like(lib.zeros(N), 2, 7),
    "normal_": lambda lib: lib.zeros(N).normal_(2.0, 3.0),
    "uniform_": lambda lib: lib.zeros(N).uniform_(-1.0, 4.0),
    "first of randperm": lambda lib: lib.tensor([int(lib.randperm(7)[0]) for _ in range(2000)]),
    "normal": lambda lib: lib.normal(2.0, 3.0, (N,)),
    "normal of tensors": lambda lib: lib.normal(lib.arange(2.0).repeat(N // 2), lib.ones(N) * 0.5),
    "bernoulli": lambda lib: lib.bernoulli(lib.arange(0.0, 1.0, 1 / 4).repeat(N // 4)),
    "bernoulli_": lambda lib: lib.zeros(N).bernoulli_(0.3),
    "random_": lambda lib: lib.zeros(N).random_(),
    "random_ of limits": lambda lib: lib.zeros(N, dtype=lib.int64).random_(-3, 9),
    "multinomial": lambda lib: lib.multinomial(lib.tensor([1.0, 0.0, 5.0, 2.0]), N, replacement=True),
    "multinomial, each once": lambda lib: lib.multinomial(lib.tensor([[1.0, 2.0, 5.0, 3.0]]).repeat(N // 4, 1), 2)[
        :, 1
    ],
    "dropout": lambda lib: functional(lib).dropout(lib.ones(N), 0.3),
    "dropout2d, a channel": lambda lib: functional(lib).dropout2d(lib.ones(100, 100, 2, 2), 0.3)[:, :, 0, 0],
}


def functional(lib):
    return torch.nn.functional if lib is torch else F


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_distribution_is_pytorchs(make):
    torch.manual_seed(1)
    mine, theirs = make(ours), make(torch)
    assert str(mine.dtype) == str(theirs.dtype).removeprefix("torch.")
    assert distance(mine.numpy(), theirs.numpy()) < 1.95


def test_the_statistic_tells_distributions_apart():
    assert distance(ours.rand(N).numpy(), torch.rand(N).numpy() * 1.05) > 1.95


def test_randperm_is_a_permutation():
    assert sorted(ours.randperm(50).tolist()) == list(range(50))


@pytest.mark.parametrize("name", ["dropout", "dropout2d"])
@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_dropout_passes_the_gradient_where_it_kept_the_value(name, p):
    x = ours.randn(6, 5, 3, 4, requires_grad=True)
    y = getattr(F, name)(x, p)
    y.sum().backward()
    kept = y.detach().numpy() != 0
    scale = 0.0 if p == 1.0 else 1 / (1 - p)
    np.testing.assert_allclose(x.grad.numpy(), kept * scale, rtol=1e-6)
    np.testing.assert_allclose(y.detach().numpy(), x.detach().numpy() * kept * scale, rtol=1e-6)


def test_dropout2d_drops_whole_channels():
    kept = F.dropout2d(ours.ones(8, 9, 3, 4), 0.5).numpy() != 0
    assert (kept == kept[:, :, :1, :1]).all()
    assert kept.any()
    assert not kept.all()


@pytest.mark.parametrize("name", ["dropout", "dropout2d"])
def test_dropout_does_nothing_outside_training(name):
    x = ours.randn(2, 3, 4, 4)
    assert getattr(F, name)(x, 0.5, training=False).tolist() == x.tolist()


@pytest.mark.parametrize("name", ["dropout", "dropout2d"])
@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_dropout_refuses_what_is_no_probability(name, p):
    with pytest.raises(ValueError, match=name):
        getattr(F, name)(ours.ones(2, 3, 4, 4), p)
    with pytest.raises(ValueError, match="dropout probability"):
        getattr(torch.nn.functional, name)(torch.ones(2, 3, 4, 4), p)
