"""Functions that draw random tensors: what they take, refuse, and how they are distributed."""

import pytest

import tinygrad_cnn as tg


def test_randint_in_every_order_of_arguments():
    for made in (tg.randint(1, (2,)), tg.randint(high=1, size=(2,)), tg.randint(0, 1, [2]), tg.randint(1, size=(2,))):
        assert (made.tolist(), made.dtype) == ([0, 0], tg.int64)
    assert tg.randint(5, 6, (1,), dtype=tg.float32, requires_grad=True).tolist() == [5]
    with pytest.raises(RuntimeError, match="randint: expected low < high, got 3 and 2"):
        tg.randint(3, 2, (2,))
    with pytest.raises(RuntimeError, match="randint: expected numbers that fit into uint8, got 299"):
        tg.randint(300, (2,), dtype=tg.uint8)
    with pytest.raises(TypeError, match="randint: expected sizes as ints"):
        tg.randint(3.5, (2,))


def test_randperm():
    assert tg.randperm(0).shape == (0,)
    assert tg.randperm(256, dtype=tg.uint8).dtype == tg.uint8
    with pytest.raises(RuntimeError, match="randperm: expected numbers that fit into uint8, got 256"):
        tg.randperm(257, dtype=tg.uint8)
    with pytest.raises(RuntimeError, match="randperm: expected sizes of at least 0"):
        tg.randperm(-1)


def test_distributions():
    x = tg.randn(20_000)
    assert abs(x.mean().item()) < 0.03
    assert abs((x * x).mean().item() - 1) < 0.05
    u = tg.rand(20_000)
    assert 0 <= u.min().item() < u.max().item() < 1
    k = tg.randint(2, 5, (1000,))
    assert sorted(set(k.tolist())) == [2, 3, 4]
    assert sorted(tg.randperm(50).tolist()) == list(range(50))
    assert 3 < tg.zeros(2000).uniform_(3, 4).mean().item() < 4
    assert 9.9 < tg.zeros(2000).normal_(10, 0.1).mean().item() < 10.1


def test_random_floats_need_a_floating_dtype():
    with pytest.raises(RuntimeError, match="randn: expected a floating-point dtype, got int64"):
        tg.randn(2, dtype=tg.int64)
