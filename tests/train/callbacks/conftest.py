"""What the tests of callbacks train on."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.data import DataLoader, TensorDataset


@pytest.fixture
def loader():
    x = tg.randn(20, 2)
    return DataLoader(TensorDataset(x, (x.sum(1) > 0).long()), batch_size=5)
