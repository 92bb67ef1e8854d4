"""`ARGUMENTS`: a call of each kernel with a compiled form, of any size."""

import numpy as np
from conv_geometry import Geometry
from kernel_forms import float32

from tinygrad_cnn import kernels

PADDING = ((0, 0), (1, 1))
HOW = {"kernel_size": (2, 2), "stride": (2, 2), "padding": PADDING, "dilation": (1, 1)}
AVERAGE = {"kernel_size": (2, 2), "stride": (2, 2), "padding": PADDING, "counted": PADDING, "divisor_override": None}


def _along_a_row(how):
    """Return the settings of windows over one axis."""
    return {name: value and value[1:] if name != "divisor_override" else value for name, value in how.items()}


def _classified(n):
    return float32(0, n, 3), np.arange(n) % 3


def _convolved(n):
    """Return the settings of a convolution, and x, w, b and g of it."""
    geometry = Geometry(1, 2, 3, (3, n + 2))
    return geometry.how, geometry.arrays()[:4]


def _taps(n):
    x = float32(0, 1, 2, 4, 2 * n)
    return x, kernels.max_pool2d(x.astype(float), **HOW)[1]


def _normalized(n):
    """Return g and x, and the settings of a standardisation with the statistics of x."""
    g, x = float32(1, 3, 2, n), float32(0, 3, 2, n) + 1
    return (
        g,
        x,
        {"dims": (0, 2), "eps": 0.1, "mean": x.mean((0, 2), keepdims=True), "var": x.var((0, 2), keepdims=True)},
    )


def _conv2d_input(n):
    how, (_, w, _, g) = _convolved(n)
    return (g, w), {"input_size": (3, n + 2), **how}


def _conv2d_weight(n):
    how, (x, _, _, g) = _convolved(n)
    return (x, g), {"kernel_size": (3, 3), **how}


def _conv_transpose2d(n):
    (g, w), how = _conv2d_input(n)
    return (g, w, float32(5, 2)), how


def _conv1d(n):
    how, (x, w, b, _) = _convolved(n)
    how = {name: value if name == "groups" else value[1:] for name, value in how.items()}
    return (x[:, :, 0], w[:, :, 0], b), how


ARGUMENTS = {  # of each kernel for a size n: what it takes, and its settings
    "addmm": lambda n: ((float32(2, 3, n), float32(0, 3, 5), float32(1, 5, n)), {"beta": 0.5, "alpha": 2}),
    "avg_pool1d": lambda n: ((float32(0, 1, 2, 2 * n),), _along_a_row(AVERAGE)),
    "avg_pool2d": lambda n: ((float32(0, 1, 2, 4, 2 * n),), AVERAGE),
    "avg_pool2d_input": lambda n: (
        (float32(1, *_taps(n)[1].shape),), {"input_size": _taps(n)[0].shape[2:], **AVERAGE}),
    "batch_norm": lambda n: ((_normalized(n)[1], float32(1, 2), float32(2, 2), None, None), {"eps": 0.1}),
    "conv1d": _conv1d,
    "conv2d": lambda n: (_convolved(n)[1][:3], _convolved(n)[0]),
    "conv2d_input": _conv2d_input,
    "conv2d_weight": _conv2d_weight,
    "conv_transpose2d": _conv_transpose2d,
    "cross_entropy": lambda n: (_classified(n), {"reduction": "mean"}),
    "cross_entropy_input": lambda n: ((float32(1, n), *_classified(n)), {"reduction": "none"}),
    "dropout": lambda n: ((float32(0, n), float32(1, n) > 0), {"p": 0.2}),
    "linear": lambda n: ((float32(0, 3, 5), float32(1, n, 5), float32(2, n)), {}),
    "log_softmax": lambda n: ((float32(0, 3, n),), {"dim": 1}),
    "matmul": lambda n: ((float32(0, 3, 5), float32(1, 5, n)), {}),
    "max_pool1d": lambda n: ((float32(0, 1, 2, 2 * n),), _along_a_row(HOW)),
    "max_pool2d": lambda n: ((float32(0, 1, 2, 4, 2 * n),), HOW),
    "max_pool2d_gather": lambda n: (_taps(n), HOW),
    "max_pool2d_scatter": lambda n: (
        (float32(1, *_taps(n)[1].shape), _taps(n)[1]), {"input_size": _taps(n)[0].shape[2:], **HOW}),
    "relu": lambda n: ((float32(0, n),), {}),
    "relu_input": lambda n: ((float32(0, n), float32(1, n)), {}),
    "softmax": lambda n: ((float32(0, 3, n),), {"dim": 1}),
    "standardize_dot": lambda n: (_normalized(n)[:2], _normalized(n)[2]),
    "standardize_input": lambda n: ((*_normalized(n)[:2], None), _normalized(n)[2]),
}  # fmt: skip
