"""Switches of how results are computed, and flags of PyTorch's backends, which change nothing here."""

from tinygrad_cnn.backends import cudnn, mps
from tinygrad_cnn.backends.winograd import winograd

__all__ = ["cudnn", "mps", "winograd"]
