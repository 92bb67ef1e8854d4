"""Rows of the table: activations."""

import functools
import math

import numpy as np

from op_samples.table import apart, normal, row
from tinygrad_cnn import ops

_erf = np.vectorize(math.erf, otypes=[float])
_sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731


def far(*shape):
    """Make values on both sides of 0 and of 6, near neither."""
    return lambda source: np.asarray(apart(*shape)(source) * 9)


_CASES = [
    ("relu", {}, lambda x: np.where(x > 0, x, 0), apart, False),
    ("relu6", {}, lambda x: np.where(x < 0, 0, np.where(x > 6, 6, x)), far, False),
    ("hardtanh", {"min_val": -0.21, "max_val": 0.32}, lambda x: np.clip(x, -0.21, 0.32), apart, False),
    ("leaky_relu", {}, lambda x: np.where(x > 0, x, x / 100), apart, False),
    ("leaky_relu", {"negative_slope": -0.3}, lambda x: np.where(x > 0, x, -0.3 * x), apart, False),
    ("elu", {}, lambda x: np.where(x > 0, x, np.exp(x) - 1), apart, True),
    ("elu", {"alpha": 0.3}, lambda x: np.where(x > 0, x, 0.3 * np.exp(x) - 0.3), apart, False),
    ("silu", {}, lambda x: x / (1 + np.exp(-x)), normal, True),
    ("gelu", {}, lambda x: x * (0.5 + 0.5 * _erf(x / math.sqrt(2))), normal, True),
    (
        "gelu", {"approximate": "tanh"},
        lambda x: x * _sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)), normal, True,
    ),
    ("softplus", {}, lambda x: np.log(1 + np.exp(x)), normal, True),
    ("softplus", {"beta": -0.7}, lambda x: np.log(1 + np.exp(-0.7 * x)) / -0.7, normal, False),
    (
        "softplus", {"beta": 2.0, "threshold": 0.2},
        lambda x: np.where(x > 0.1, x, np.log(1 + np.exp(2 * x)) / 2), apart, False,
    ),
    ("logsigmoid", {}, lambda x: np.log(_sigmoid(x)), normal, True),
    ("sigmoid", {}, _sigmoid, normal, True),
    ("tanh", {}, lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1), normal, True),
]  # fmt: skip
for name, how, reference, maker, third in _CASES:
    call = functools.partial(getattr(ops, name), **how)
    label = "".join(f", {key} {value}" for key, value in how.items())
    row(name, f"2-d{label}", call, reference, maker(3, 4), batch=(0,), third=third)
    row(name, f"0-d{label}", call, reference, maker())
for name in ("relu", "relu6"):
    row(name, "integers", getattr(ops, name), lambda x: np.array([0, 0, 3, 6]), [-2, 0, 3, 6])
row(
    "hardtanh",
    "integers",
    lambda x: ops.hardtanh(x, min_val=-1.5, max_val=2.5),
    lambda x: np.clip(x, -1, 2),
    [-3, 1, 4],
)
row(
    "relu_input",
    "2-d",
    ops.relu_input,
    lambda g, y: np.where(y > 0, g, 0),
    normal(3, 4),
    apart(3, 4),
    batch=(0, 0),
    third=True,
)
row("prelu", "one slope", ops.prelu, lambda x, w: np.where(x > 0, x, w * x), apart(3, 4), normal(1), batch=(0, None))
row(
    "prelu",
    "a slope for each channel",
    ops.prelu,
    lambda x, w: np.where(x > 0, x, w * x),
    apart(2, 3, 4),
    normal(3, 1),
    batch=(0, None),
)
