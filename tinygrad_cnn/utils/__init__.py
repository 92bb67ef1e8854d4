"""PyTorch's import path: ``from tinygrad_cnn.utils.data import DataLoader`` works; its home is `tinygrad_cnn.data`."""

import sys

from tinygrad_cnn.declined import answer_in
from tinygrad_cnn.utils import data

answer_in(sys.modules[__name__], data)

__all__ = ["data"]
