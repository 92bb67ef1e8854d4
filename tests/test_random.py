"""`Generator` and the default one: streams that a seed determines."""

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


@pytest.mark.parametrize("draw", ["normal", "uniform"])
@pytest.mark.parametrize("dtype", [tg.float16, tg.float32, tg.float64])
def test_samples_have_the_shape_and_dtype_asked_for(draw, dtype):
    generator = tg.Generator()
    for shape in ((), (0, 3), (2, 3)):
        found = getattr(generator, draw)(shape, dtype)
        assert type(found) is np.ndarray
        assert (found.shape, found.dtype) == (shape, dtype)


def test_a_returned_state_is_a_copy():
    generator = tg.Generator().manual_seed(3)
    state = generator.get_state()
    first = generator.uniform((4,), tg.float64)
    assert state != generator.get_state()
    generator.set_state(state)
    np.testing.assert_array_equal(generator.uniform((4,), tg.float64), first)


def test_a_seed_that_is_no_number_is_refused_and_the_stream_goes_on():
    generator = tg.Generator().manual_seed(3)
    state = generator.get_state()
    with pytest.raises(ValueError, match="invalid literal"):
        generator.manual_seed("seed")
    with pytest.raises(ValueError, match=r"from -2\*\*63 to 2\*\*64 - 1, got -9223372036854775809"):
        generator.manual_seed(-(2**63) - 1)
    assert generator.get_state() == state
    assert generator.initial_seed() == 3


def test_negative_seeds_count_from_the_end():
    a, b = tg.Generator().manual_seed(-5), tg.Generator().manual_seed(2**64 - 5)
    np.testing.assert_array_equal(a.normal((3,), tg.float32), b.normal((3,), tg.float32))
    assert a.manual_seed(1) is a
