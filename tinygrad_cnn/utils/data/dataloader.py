"""PyTorch's import path of the loader: ``from tinygrad_cnn.utils.data.dataloader import DataLoader``."""

from tinygrad_cnn.data import DataLoader, default_collate, default_convert, get_worker_info

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]
