"""PyTorch's import path leads to the same objects."""

import tinygrad_cnn.data
import tinygrad_cnn.utils
from tinygrad_cnn.utils.data import DataLoader, TensorDataset, sampler


def test_same_objects():
    assert DataLoader is tinygrad_cnn.data.DataLoader
    assert TensorDataset is tinygrad_cnn.data.TensorDataset
    assert sampler is tinygrad_cnn.data.sampler
    assert sampler.SubsetRandomSampler is tinygrad_cnn.data.SubsetRandomSampler
    for name in tinygrad_cnn.utils.data.__all__:
        assert getattr(tinygrad_cnn.utils.data, name) is getattr(tinygrad_cnn.data, name)
