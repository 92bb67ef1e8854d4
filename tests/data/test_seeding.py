"""The generator that transforms draw from: the batch's own inside, the default one outside, per thread."""

import threading

import numpy as np
import pytest

from tinygrad_cnn.data import current_generator, use_generator
from tinygrad_cnn.data.seeding import batch_generator, batch_source, use_source
from tinygrad_cnn.random import default_generator, manual_seed


def test_outside_it_is_the_default_generator():
    assert current_generator() is default_generator.numpy
    manual_seed(3)
    first = current_generator().random()
    manual_seed(3)
    assert default_generator.numpy.random() == first


def test_use_generator_nests_and_ends_with_an_error():
    outer, inner = np.random.default_rng(1), np.random.default_rng(2)
    with use_generator(outer) as given:
        assert given is outer
        with use_generator(inner):
            assert current_generator() is inner
        with pytest.raises(KeyError), use_generator(inner):
            raise KeyError
        assert current_generator() is outer
    assert current_generator() is default_generator.numpy


def test_of_a_batch_it_follows_from_seed_and_number():
    def draw(seed, number):
        with use_source(batch_source(seed, number)):
            assert current_generator() is current_generator()
            return current_generator().random()

    expected = np.random.Generator(np.random.PCG64(np.random.SeedSequence(5, spawn_key=(7,)))).random()
    assert draw(5, 7) == batch_generator(5, 7).random() == expected
    assert len({draw(seed, number) for seed in range(4) for number in range(4)}) == 16


def test_reading_a_batch_leaves_the_default_generator_alone():
    before = default_generator.get_state()
    with use_source(batch_source(1, 2)):
        current_generator().random(10)
    assert default_generator.get_state() == before


def test_another_thread_does_not_see_it():
    seen = []
    with use_generator(np.random.default_rng(1)):
        thread = threading.Thread(target=lambda: seen.append(current_generator()))
        thread.start()
        thread.join()
    assert seen == [default_generator.numpy]
