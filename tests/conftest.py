"""Every test starts from the same seed and leaves the default dtype as it was."""

import os

import pytest
from hypothesis import settings

import tinygrad_cnn

# A loaded machine is no failure; on a build server the same examples run every time.
settings.register_profile("tests", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _reproducible():
    tinygrad_cnn.manual_seed(0)
    yield
    tinygrad_cnn.set_default_dtype(tinygrad_cnn.float32)
