"""PyTorch's import path: ``from tinygrad_cnn.utils.data import DataLoader`` works; its home is `tinygrad_cnn.data`."""

from tinygrad_cnn.utils import data

__all__ = ["data"]
