"""Layers and losses as modules."""

from tinygrad_cnn.nn.modules.activation import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from tinygrad_cnn.nn.modules.container import Sequential
from tinygrad_cnn.nn.modules.conv import Conv2d
from tinygrad_cnn.nn.modules.flatten import Flatten
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.loss import CrossEntropyLoss, MSELoss
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.modules.pooling import AvgPool2d, MaxPool2d

__all__ = [
    "AvgPool2d",
    "Conv2d",
    "CrossEntropyLoss",
    "Flatten",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "MaxPool2d",
    "Module",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
