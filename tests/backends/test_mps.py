"""Apple's GPUs are not used."""

import tinygrad_cnn as tg


def test_there_is_no_gpu_of_apple():
    assert not tg.backends.mps.is_available()
    assert not tg.backends.mps.is_built()
