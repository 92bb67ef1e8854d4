"""Data sets, samplers and the loader that makes batches of them."""

from tinygrad_cnn.data import sampler
from tinygrad_cnn.data.collate import default_collate
from tinygrad_cnn.data.dataset import Dataset, Subset, TensorDataset, random_split
from tinygrad_cnn.data.idx import DataError, read_idx, write_idx
from tinygrad_cnn.data.loader import DataLoader
from tinygrad_cnn.data.mnist import MNIST, MNIST5k, load_mnist_5k
from tinygrad_cnn.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
)
from tinygrad_cnn.data.toy import toy_classes, toy_patterns

__all__ = [
    "MNIST",
    "BatchSampler",
    "DataError",
    "DataLoader",
    "Dataset",
    "MNIST5k",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "default_collate",
    "load_mnist_5k",
    "random_split",
    "read_idx",
    "sampler",
    "toy_classes",
    "toy_patterns",
    "write_idx",
]
