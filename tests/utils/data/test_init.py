"""PyTorch's import path leads to the same objects."""

from tinygrad_cnn.utils.data.sampler import SubsetRandomSampler

import tinygrad_cnn.data
import tinygrad_cnn.utils
from tinygrad_cnn.utils.data import DataLoader, TensorDataset, sampler
from tinygrad_cnn.utils.data.dataloader import DataLoader as LoaderByPath
from tinygrad_cnn.utils.data.dataset import ConcatDataset, Dataset, random_split


def test_same_objects():
    assert DataLoader is tinygrad_cnn.data.DataLoader
    assert TensorDataset is tinygrad_cnn.data.TensorDataset
    assert sampler is tinygrad_cnn.data.sampler
    assert LoaderByPath is DataLoader
    assert (ConcatDataset, Dataset, random_split) == (
        tinygrad_cnn.data.ConcatDataset, tinygrad_cnn.data.Dataset, tinygrad_cnn.data.random_split
    )  # fmt: skip
    assert SubsetRandomSampler is sampler.SubsetRandomSampler
    assert sampler.SubsetRandomSampler is tinygrad_cnn.data.SubsetRandomSampler
    for name in tinygrad_cnn.utils.data.__all__:
        assert getattr(tinygrad_cnn.utils.data, name) is getattr(tinygrad_cnn.data, name)
