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
from tinygrad_cnn.nn.modules.composed import SELU, Hardsigmoid, Hardswish, Mish, PReLU
from tinygrad_cnn.nn.modules.container import ModuleDict, ModuleList, Sequential
from tinygrad_cnn.nn.modules.conv import Conv1d, Conv2d
from tinygrad_cnn.nn.modules.conv_transpose import ConvTranspose2d
from tinygrad_cnn.nn.modules.data_parallel import DataParallel
from tinygrad_cnn.nn.modules.dropout import Dropout, Dropout2d
from tinygrad_cnn.nn.modules.embedding import Embedding
from tinygrad_cnn.nn.modules.flatten import Flatten, Unflatten
from tinygrad_cnn.nn.modules.identity import Identity
from tinygrad_cnn.nn.modules.instance_norm import InstanceNorm1d, InstanceNorm2d
from tinygrad_cnn.nn.modules.lazy import LazyBatchNorm2d, LazyConv2d, LazyLinear
from tinygrad_cnn.nn.modules.linear import Linear
from tinygrad_cnn.nn.modules.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from tinygrad_cnn.nn.modules.module import Module
from tinygrad_cnn.nn.modules.norm import GroupNorm, LayerNorm, LocalResponseNorm
from tinygrad_cnn.nn.modules.padding import ConstantPad2d, ReflectionPad2d, ReplicationPad2d, ZeroPad2d
from tinygrad_cnn.nn.modules.pooling import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from tinygrad_cnn.nn.modules.upsampling import PixelShuffle, PixelUnshuffle, Upsample

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "ConstantPad2d",
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
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HuberLoss",
    "Identity",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "KLDivLoss",
    "L1Loss",
    "LayerNorm",
    "LazyBatchNorm2d",
    "LazyConv2d",
    "LazyLinear",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "PReLU",
    "PixelShuffle",
    "PixelUnshuffle",
    "ReLU",
    "ReLU6",
    "ReflectionPad2d",
    "ReplicationPad2d",
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
