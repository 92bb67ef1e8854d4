"""Data sets, samplers and the loader that makes batches of them."""

import sys

from tinygrad_cnn.data import catalog, sampler, transforms
from tinygrad_cnn.data.cifar import CIFAR10, CIFAR100
from tinygrad_cnn.data.collate import default_collate, default_convert
from tinygrad_cnn.data.concat import ChainDataset, ConcatDataset
from tinygrad_cnn.data.dataset import Dataset, IterableDataset, Subset, TensorDataset, random_split
from tinygrad_cnn.data.errors import DataError, DownloadError
from tinygrad_cnn.data.flowers import Flowers
from tinygrad_cnn.data.idx import read_idx, write_idx
from tinygrad_cnn.data.image_folder import DatasetFolder, ImageFolder
from tinygrad_cnn.data.loader import DataLoader
from tinygrad_cnn.data.locations import data_root
from tinygrad_cnn.data.mnist import MNIST, FashionMNIST, MNIST5k, load_mnist_5k
from tinygrad_cnn.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from tinygrad_cnn.data.seeding import current_generator, use_generator
from tinygrad_cnn.data.toy import toy_classes, toy_patterns
from tinygrad_cnn.data.vision import VisionDataset
from tinygrad_cnn.data.workers import WorkerInfo, get_worker_info
from tinygrad_cnn.declined import answer_in

answer_in(sys.modules[__name__])

__all__ = [
    "CIFAR10", "CIFAR100", "MNIST", "BatchSampler", "ChainDataset", "ConcatDataset", "DataError",
    "DataLoader", "Dataset", "DatasetFolder", "DownloadError", "FashionMNIST", "Flowers", "ImageFolder",
    "IterableDataset", "MNIST5k", "RandomSampler", "Sampler", "SequentialSampler", "Subset",
    "SubsetRandomSampler", "TensorDataset", "VisionDataset", "WeightedRandomSampler", "WorkerInfo",
    "catalog", "current_generator", "data_root", "default_collate", "default_convert",
    "get_worker_info", "load_mnist_5k", "random_split", "read_idx", "sampler", "toy_classes",
    "toy_patterns", "transforms", "use_generator", "write_idx",
]  # fmt: skip
