"""What PyTorch and torchvision have in ``utils``: `data`, whose home is `tinygrad_cnn.data`, and grids of images."""

from tinygrad_cnn.utils import data
from tinygrad_cnn.utils.grid import make_grid, save_image

__all__ = ["data", "make_grid", "save_image"]
