"""The same source runs under both frameworks; these tests are skipped where PyTorch is missing."""

import sys

import pytest

import tinygrad_cnn


@pytest.fixture(autouse=True)
def _one_thread():
    """The tensors are small, and the processes of pytest-xdist use all cores."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() > 1:
        torch.set_num_threads(1)


@pytest.fixture
def torch():
    module = pytest.importorskip("torch", reason="parity needs PyTorch: make parity installs torch==2.13.0")
    yield module
    module.set_default_dtype(module.float32)


@pytest.fixture
def ours():
    return tinygrad_cnn
