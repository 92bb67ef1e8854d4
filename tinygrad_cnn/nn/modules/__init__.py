"""Layers and losses as modules."""

from tinygrad_cnn.nn.modules.activation import (
    ELU,
    GELU,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from tinygrad_cnn.nn.modules.adaptive import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from tinygrad_cnn.nn.modules.batch_norm import BatchNorm1d, BatchNorm2d
from tinygrad_cnn.nn.modules.container import ModuleDict, ModuleList, Sequential
from tinygrad_cnn.nn.modules.conv import Conv1d, Conv2d
from tinygrad_cnn.nn.modules.conv_transpose import ConvTranspose2d
from tinygrad_cnn.nn.modules.data_parallel import DataParallel
from tinygrad_cnn.nn.modules.dropout import Dropout, Dropout2d
from tinygrad_cnn.nn.modules.embedding import Embedding
from tinygrad_cnn.nn.modules.flatten import Flatten, Unflatten
from tinygrad_cnn.nn.modules.identity import Identity
from tinygrad_cnn.nn.modules.lazy import LazyConv2d, LazyLinear
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.modules.norm import GroupNorm, LayerNorm
from tinygrad_cnn.nn.modules.padding import ZeroPad2d
from tinygrad_cnn.nn.modules.pooling import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from tinygrad_cnn.nn.modules.upsampling import Upsample

__all__ = [
    "ELU",
    "GELU",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "CrossEntropyLoss",
    "DataParallel",
    "Dropout",
    "Dropout2d",
    "Embedding",
    "Flatten",
    "GroupNorm",
    "Hardtanh",
    "HuberLoss",
    "Identity",
    "L1Loss",
    "LayerNorm",
    "LazyConv2d",
    "LazyLinear",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "ReLU",
    "ReLU6",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "Softmax",
    "Softplus",
    "Tanh",
    "Unflatten",
    "Upsample",
    "ZeroPad2d",
]
