"""The generator of random transforms: the default one, or the one that was set."""

import numpy as np

from tinygrad_cnn import manual_seed
from tinygrad_cnn.data import seeding
from tinygrad_cnn.random import default_generator


def test_the_default_generator_unless_another_is_set():
    assert seeding.current_generator() is default_generator.numpy
    manual_seed(3)
    assert seeding.current_generator() is default_generator.numpy, "after the default one was made anew"
    mine = np.random.default_rng(0)
    token = seeding._current.set(mine)
    try:
        assert seeding.current_generator() is mine
    finally:
        seeding._current.reset(token)
    assert seeding.current_generator() is default_generator.numpy
