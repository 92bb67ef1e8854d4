"""Flags of PyTorch's backends, for scripts that ask for them or set them."""

from tinygrad_cnn.backends import cudnn, mps

__all__ = ["cudnn", "mps"]
