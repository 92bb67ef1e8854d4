"""Layers and losses as functions, with PyTorch's signatures and defaults: arguments checked, then handed to `ops`."""

from tinygrad_cnn.nn.functional.activation import log_softmax, relu, sigmoid, softmax, tanh
from tinygrad_cnn.nn.functional.conv import conv2d
from tinygrad_cnn.nn.functional.linear import linear
from tinygrad_cnn.nn.functional.loss import cross_entropy, mse_loss, nll_loss
from tinygrad_cnn.nn.functional.pool import avg_pool2d, max_pool2d

__all__ = [
    "avg_pool2d",
    "conv2d",
    "cross_entropy",
    "linear",
    "log_softmax",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]
