"""Switches: which kernels run, threads, Winograd's kernel; and flags of PyTorch's backends, which have no effect."""

from tinygrad_cnn.backends import cudnn, mps
from tinygrad_cnn.backends.winograd_switch import winograd

__all__ = ["cudnn", "mps", "winograd"]
