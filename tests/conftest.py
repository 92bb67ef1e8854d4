"""Every test starts from the same seed and leaves the default dtype as it was."""

import os
import signal
import sys

import pytest
from hypothesis import settings

import tinygrad_cnn

# A shell lets its background jobs ignore Ctrl-C, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A loaded machine is no failure; on a build server the same examples run every time.
settings.register_profile("tests", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _reproducible():
    torch = sys.modules.get("torch")  # where tests compare with it
    if torch is not None and torch.get_num_threads() > 1:  # tensors are small, and xdist's processes use all cores
        torch.set_num_threads(1)
    tinygrad_cnn.manual_seed(0)
    yield
    tinygrad_cnn.set_default_dtype(tinygrad_cnn.float32)
