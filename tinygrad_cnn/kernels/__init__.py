"""Array kernels: functions from ndarrays to ndarrays, without gradients.

Each is the readable definition of an operation, and the reference that the tests compare faster kernels with. Every
name imported here is public: pyproject.toml tells the linter and mypy so.
"""

from tinygrad_cnn.kernels.activation import relu, relu_input, select, sigmoid
from tinygrad_cnn.kernels.adaptive import adaptive_avg_pool2d, adaptive_avg_pool2d_input, adaptive_max_pool2d
from tinygrad_cnn.kernels.conv import conv1d, conv2d, conv2d_input, conv2d_weight, conv_transpose2d
from tinygrad_cnn.kernels.dropout import dropout
from tinygrad_cnn.kernels.erf import erf
from tinygrad_cnn.kernels.interpolate import blend_along, linear_sources, nearest_sources, unblend_along
from tinygrad_cnn.kernels.linear import linear
from tinygrad_cnn.kernels.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_input,
    huber_loss,
    nll_loss,
    reduced,
    smooth_l1_loss,
    soft_cross_entropy,
)
from tinygrad_cnn.kernels.matmul import matmul
from tinygrad_cnn.kernels.norm import (
    batch_norm,
    follow,
    group_norm,
    layer_norm,
    standardize,
    standardize_dot,
    standardize_input,
)
from tinygrad_cnn.kernels.pad import add_along, border_sources, copy_along, pad_constant
from tinygrad_cnn.kernels.pool import (
    avg_pool1d,
    avg_pool2d,
    avg_pool2d_input,
    max_pool1d,
    max_pool2d,
    max_pool2d_gather,
    max_pool2d_positions,
    max_pool2d_scatter,
)
from tinygrad_cnn.kernels.softmax import log_softmax, softmax
from tinygrad_cnn.kernels.total import dot, total
from tinygrad_cnn.kernels.windows import fold, lift, output_size, pad2d, padded_windows, windows
