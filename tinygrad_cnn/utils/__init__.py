"""The names that PyTorch and torchvision have in ``utils``: `data` (see `tinygrad_cnn.data`) and grids of images."""

import sys

from tinygrad_cnn.declined import answer_in
from tinygrad_cnn.utils import data
from tinygrad_cnn.utils.grid import make_grid, save_image

answer_in(sys.modules[__name__], data)

__all__ = ["data", "make_grid", "save_image"]
