"""Functions that make tensors."""

import numpy as np
import pytest

import tinygrad_cnn as tg


def test_sizes_one_by_one_or_as_a_sequence():
    for make in (tg.zeros, tg.ones, tg.empty, tg.randn, tg.rand):
        assert make(2, 3).shape == make((2, 3)).shape == make([2, 3]).shape == (2, 3)
        assert make(()).shape == ()
        assert make(2, dtype=tg.float64, requires_grad=True).requires_grad
    with pytest.raises(TypeError, match="zeros: expected sizes as ints, got"):
        tg.zeros(2.5)


def test_values():
    assert tg.zeros(2).tolist() == [0, 0]
    assert tg.ones(2).tolist() == [1, 1]
    assert tg.full((2,), 7).tolist() == [7, 7]
    assert (tg.full((2,), 7).dtype, tg.full((2,), 7.0).dtype) == (tg.int64, tg.float32)
    assert tg.zeros_like(tg.tensor([1, 2])).dtype == tg.int64
    assert tg.ones_like(tg.tensor([1, 2]), dtype=tg.float64).tolist() == [1.0, 1.0]


def test_arange():
    assert tg.arange(3).tolist() == [0, 1, 2]
    assert tg.arange(1, 7, 2).tolist() == [1, 3, 5]
    assert tg.arange(0, 1, 0.25).tolist() == [0, 0.25, 0.5, 0.75]
    assert (tg.arange(3).dtype, tg.arange(3.0).dtype) == (tg.int64, tg.float32)


def test_seed_repeats_everything():
    def draw():
        tg.manual_seed(5)
        return [
            tg.randn(3),
            tg.rand(3),
            tg.randint(10, (3,)),
            tg.randperm(5),
            tg.zeros(3).normal_(),
            tg.zeros(3).uniform_(),
        ]

    for a, b in zip(draw(), draw(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_generator_is_independent_of_the_default_one():
    generator = tg.Generator().manual_seed(1)
    first = tg.randn(3, generator=generator)
    state = generator.get_state()
    second = tg.randn(3, generator=generator)
    generator.set_state(state)
    assert tg.randn(3, generator=generator).tolist() == second.tolist() != first.tolist()


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


def test_other_devices_are_refused():
    with pytest.raises(RuntimeError, match="computes on the CPU"):
        tg.zeros(2, device="cuda")
    assert tg.zeros(2, device=tg.device("cpu")).shape == (2,)
