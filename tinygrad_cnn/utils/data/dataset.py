"""PyTorch's import path of the data sets: ``from tinygrad_cnn.utils.data.dataset import Dataset``."""

from tinygrad_cnn.data.concat import ChainDataset, ConcatDataset
from tinygrad_cnn.data.dataset import Dataset, IterableDataset, Subset, TensorDataset, random_split

__all__ = ["ChainDataset", "ConcatDataset", "Dataset", "IterableDataset", "Subset", "TensorDataset", "random_split"]
