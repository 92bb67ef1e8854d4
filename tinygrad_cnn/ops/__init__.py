"""Operations: a file for each family; each op is an array kernel, with its VJPs right below it.

Every name imported here is public, which pyproject.toml tells the linter and mypy.
"""

from tinygrad_cnn.ops.activation import (
    elu,
    gelu,
    hardtanh,
    leaky_relu,
    logsigmoid,
    prelu,
    relu,
    relu6,
    relu_input,
    sigmoid,
    silu,
    softplus,
    tanh,
)
from tinygrad_cnn.ops.arithmetic import (
    abs,
    add,
    div,
    floor_divide,
    fmod,
    mul,
    neg,
    remainder,
    sign,
    sub,
    true_divide,
    trunc_divide,
)
from tinygrad_cnn.ops.broadcast import cast, sum_to
from tinygrad_cnn.ops.comparison import (
    allclose,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    eq,
    equal,
    ge,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from tinygrad_cnn.ops.conv import conv1d, conv2d, conv2d_input, conv2d_weight, conv_transpose2d
from tinygrad_cnn.ops.cumulative import cumprod, cumsum
from tinygrad_cnn.ops.dropout import dropout
from tinygrad_cnn.ops.einsum import einsum
from tinygrad_cnn.ops.embedding import embedding, embedding_weight
from tinygrad_cnn.ops.exponential import erf, exp, expm1, log, log1p, log2, log10, pow, reciprocal, rsqrt, sqrt, square
from tinygrad_cnn.ops.gather import gather, scatter_add, scatter_add_zeros
from tinygrad_cnn.ops.indexing import getitem, index_add_zeros, index_select, masked_fill, masked_select, setitem
from tinygrad_cnn.ops.inplace import view_put
from tinygrad_cnn.ops.interpolate import interpolate, interpolate_input
from tinygrad_cnn.ops.join import cat, chunk, meshgrid, split, stack
from tinygrad_cnn.ops.layout import clone, contiguous, is_contiguous
from tinygrad_cnn.ops.linear import linear
from tinygrad_cnn.ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_input,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
    one_hot,
    smooth_l1_loss,
    soft_cross_entropy,
)
from tinygrad_cnn.ops.matmul import addmm, bmm, dot, matmul, mm, mv, outer
from tinygrad_cnn.ops.norm import batch_norm, group_norm, layer_norm, standardize, standardize_dot, standardize_input
from tinygrad_cnn.ops.occurrences import bincount, nonzero, unique, where
from tinygrad_cnn.ops.pad import pad, pad_input
from tinygrad_cnn.ops.pool import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_input,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    avg_pool2d_input,
    max_pool1d,
    max_pool2d,
    max_pool2d_gather,
    max_pool2d_scatter,
)
from tinygrad_cnn.ops.product import prod
from tinygrad_cnn.ops.rearrange import flip, repeat, roll, tile, tril, triu
from tinygrad_cnn.ops.reduce import all, amax, amin, any, argmax, argmin, logsumexp, max, mean, min, sum
from tinygrad_cnn.ops.rounding import ceil, floor, round, trunc
from tinygrad_cnn.ops.scatter import index_add, scatter
from tinygrad_cnn.ops.selection import clamp, clip, maximum, minimum
from tinygrad_cnn.ops.shape import (
    broadcast_to,
    expand,
    flatten,
    moveaxis,
    movedim,
    permute,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    swapdims,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from tinygrad_cnn.ops.slices import narrow, repeat_interleave, select, unbind, unfold_dim
from tinygrad_cnn.ops.softmax import log_softmax, softmax
from tinygrad_cnn.ops.sort import argsort, median, mode, sort, topk
from tinygrad_cnn.ops.statistics import std, var
from tinygrad_cnn.ops.trigonometric import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan
from tinygrad_cnn.ops.vector_norm import norm
from tinygrad_cnn.ops.windows import fold, unfold
