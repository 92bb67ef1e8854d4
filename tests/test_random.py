"""Seeds and generators."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import random


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


def test_seeds_of_a_generator():
    generator = tg.Generator()
    assert generator.initial_seed() == tg.Generator().initial_seed()  # a new one always starts alike, as PyTorch's
    assert tg.randn(3, generator=generator).tolist() == tg.randn(3, generator=tg.Generator()).tolist()
    assert generator.manual_seed(-1).initial_seed() == 2**64 - 1
    fresh = generator.seed()
    assert generator.initial_seed() == fresh
    first = tg.rand(2, generator=generator).tolist()
    assert tg.rand(2, generator=tg.Generator().manual_seed(fresh)).tolist() == first
    assert generator.seed() != fresh
    tg.manual_seed(3)
    assert random.initial_seed() == 3
    assert random.seed() == random.initial_seed() != 3
    with pytest.raises(ValueError, match="manual_seed: expected a seed from"):
        generator.manual_seed(2**64)
    with pytest.raises(RuntimeError, match="computes on the CPU"):
        tg.Generator("cuda")
