"""Random tensors that follow other tensors."""

import numpy as np
import pytest

import tinygrad_cnn as tg


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tg.bernoulli(tg.tensor([0.5, 1.5])), RuntimeError, r"\[0, 1\]"),
        (lambda: tg.bernoulli(tg.arange(2)), RuntimeError, "floating-point"),
        (lambda: tg.multinomial(tg.ones(3), 4), RuntimeError, "replacement=True"),
        (lambda: tg.multinomial(tg.ones(3), 0), RuntimeError, "num_samples"),
        (lambda: tg.multinomial(tg.zeros(3), 1), RuntimeError, "positive"),
        (lambda: tg.multinomial(tg.tensor([1.0, -1.0]), 1), RuntimeError, "at least 0"),
        (lambda: tg.multinomial(tg.ones(2, 2, 2), 1), RuntimeError, r"weights \(n\) or \(m, n\)"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_bernoulli_draws_by_probability():
    chances = tg.tensor([0.0, 0.25, 1.0]).expand(20_000, 3)
    drawn = chances.bernoulli()
    assert drawn.dtype == tg.float32
    np.testing.assert_allclose(drawn.mean(0).numpy(), [0, 0.25, 1], atol=0.02)
    assert tg.bernoulli(tg.zeros(3), 1.0).tolist() == [1, 1, 1]


@pytest.mark.parametrize("replacement", [False, True])
def test_multinomial_draws_by_weight(replacement):
    weights = tg.tensor([[1.0, 0.0, 3.0], [5.0, 5.0, 0.0]]).repeat(5000, 1)
    drawn = weights.multinomial(2, replacement)
    assert (drawn.shape, drawn.dtype) == ((10_000, 2), tg.int64)
    first = drawn.numpy()[0::2, 0]
    assert set(first) == {0, 2}
    assert (first == 2).mean() == pytest.approx(0.75, abs=0.03)
    assert ((drawn[:, 0] == drawn[:, 1]).any().item()) == replacement
    assert tg.multinomial(tg.tensor([0.0, 1.0]), 1).tolist() == [1]
