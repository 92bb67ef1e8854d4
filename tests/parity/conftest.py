"""The same source runs under both frameworks; these tests are skipped where PyTorch is missing."""

import pytest

import tinygrad_cnn


@pytest.fixture
def torch():
    module = pytest.importorskip("torch", reason="parity needs PyTorch: make parity installs torch==2.13.0")
    yield module
    module.set_default_dtype(module.float32)


@pytest.fixture
def ours():
    return tinygrad_cnn
