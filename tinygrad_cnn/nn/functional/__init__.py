"""Layers and losses as functions, with PyTorch's signatures and defaults: arguments checked, then handed to `ops`."""

from tinygrad_cnn.nn.functional.activation import (
    elu,
    elu_,
    gelu,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    log_softmax,
    logsigmoid,
    relu,
    relu6,
    relu_,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from tinygrad_cnn.nn.functional.adaptive import adaptive_avg_pool2d, adaptive_max_pool2d
from tinygrad_cnn.nn.functional.binary import binary_cross_entropy, binary_cross_entropy_with_logits
from tinygrad_cnn.nn.functional.classification import cross_entropy, nll_loss
from tinygrad_cnn.nn.functional.composed import hardsigmoid, hardswish, mish, prelu, selu
from tinygrad_cnn.nn.functional.conv import conv1d, conv2d, conv_transpose2d
from tinygrad_cnn.nn.functional.divergence import kl_div
from tinygrad_cnn.nn.functional.dropout import dropout, dropout2d
from tinygrad_cnn.nn.functional.embedding import embedding, one_hot
from tinygrad_cnn.nn.functional.linear import linear
from tinygrad_cnn.nn.functional.local_response import local_response_norm
from tinygrad_cnn.nn.functional.norm import batch_norm, group_norm, instance_norm, layer_norm
from tinygrad_cnn.nn.functional.normalize import normalize
from tinygrad_cnn.nn.functional.pad import pad
from tinygrad_cnn.nn.functional.pool import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from tinygrad_cnn.nn.functional.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from tinygrad_cnn.nn.functional.resize import interpolate, pixel_shuffle, pixel_unshuffle
from tinygrad_cnn.nn.functional.windows import fold, unfold

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv_transpose2d",
    "cross_entropy",
    "dropout",
    "dropout2d",
    "elu",
    "elu_",
    "embedding",
    "fold",
    "gelu",
    "group_norm",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "max_pool1d",
    "max_pool2d",
    "mish",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
    "unfold",
]
