"""Every test starts from the same seed and leaves the default dtype as it was."""

import pytest

import tinygrad_cnn


@pytest.fixture(autouse=True)
def _reproducible():
    tinygrad_cnn.manual_seed(0)
    yield
    tinygrad_cnn.set_default_dtype(tinygrad_cnn.float32)
