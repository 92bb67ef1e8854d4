"""Array kernels: ndarrays in, ndarrays out, no gradients. Each has one readable NumPy form."""

from tinygrad_cnn.kernels.conv import conv2d, conv2d_input, conv2d_weight
from tinygrad_cnn.kernels.pool import (
    avg_pool2d,
    avg_pool2d_input,
    max_pool2d,
    max_pool2d_gather,
    max_pool2d_positions,
    max_pool2d_scatter,
)
from tinygrad_cnn.kernels.softmax import cross_entropy, log_softmax, sigmoid, softmax
from tinygrad_cnn.kernels.windows import fold, output_size, pad2d, windows

__all__ = [
    "avg_pool2d",
    "avg_pool2d_input",
    "conv2d",
    "conv2d_input",
    "conv2d_weight",
    "cross_entropy",
    "fold",
    "log_softmax",
    "max_pool2d",
    "max_pool2d_gather",
    "max_pool2d_positions",
    "max_pool2d_scatter",
    "output_size",
    "pad2d",
    "sigmoid",
    "softmax",
    "windows",
]
