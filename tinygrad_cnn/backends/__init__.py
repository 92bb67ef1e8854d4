"""Switches of how results are computed, as PyTorch's `backends` has."""

from tinygrad_cnn.kernels.winograd import winograd

__all__ = ["winograd"]
