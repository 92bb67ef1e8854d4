"""Initial values of parameters: each function fills a tensor in place, unrecorded, and returns it.

fan_in is the number of inputs that one output sums, C/groups·KH·KW of a convolution; fan_out the number of outputs that
one input reaches, O·KH·KW.

Ref: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010 (xavier);
He et al., "Delving deep into rectifiers", 2015 (kaiming).
"""

from __future__ import annotations

import math

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.random import Generator, default_generator
from tinygrad_cnn.tensor import Tensor


def _fill(tensor: Tensor, values: Array | float) -> Tensor:
    with no_grad():
        return tensor.copy_(as_tensor(values))


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with samples from [a, b)."""
    source = default_generator if generator is None else generator
    return _fill(tensor, source.uniform(tensor.shape, tensor.dtype) * (b - a) + a)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with samples of N(mean, std²)."""
    source = default_generator if generator is None else generator
    return _fill(tensor, source.normal(tensor.shape, tensor.dtype) * std + mean)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with `val`."""
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return _fill(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return _fill(tensor, 1)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which weights before `nonlinearity` must grow to keep the variance.

    Args:
        nonlinearity: "linear", "conv2d", "sigmoid" (1), "tanh" (5/3), "relu" (√2), "leaky_relu" (√(2 / (1 + param²)))
            or "selu" (3/4).
        param: the negative slope of leaky ReLU, 0.01 by default.

    Raises:
        ValueError: an unknown name.
    """
    gains = {"linear": 1.0, "conv2d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2 / (1 + slope * slope))
    if nonlinearity not in gains:
        names = ", ".join(sorted([*gains, "leaky_relu"]))
        raise ValueError(f"calculate_gain: expected nonlinearity as one of {names}, got {nonlinearity!r}")
    return gains[nonlinearity]


def calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight of shape (O, I, ...).

    Raises:
        ValueError: fewer than two axes.
    """
    if tensor.ndim < 2:
        raise ValueError(f"fan_in and fan_out: expected a weight with at least 2 axes, got shape {tensor.shape}")
    taps = math.prod(tensor.shape[2:])
    return tensor.shape[1] * taps, tensor.shape[0] * taps


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with samples from [−a, a), where a = gain · √(6 / (fan_in + fan_out))."""
    bound = gain * math.sqrt(6 / sum(calculate_fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with samples of N(0, std²), where std = gain · √(2 / (fan_in + fan_out))."""
    std = gain * math.sqrt(2 / sum(calculate_fan_in_and_fan_out(tensor)))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with samples from [−b, b), where b = gain · √(3 / fan).

    Args:
        tensor: a weight (O, I, ...).
        a: the negative slope of leaky ReLU.
        mode: "fan_in" keeps the variance in the forward pass, "fan_out" in the backward pass.
        nonlinearity: what follows, for `calculate_gain`.
        generator: the source of random numbers; the default one by default.
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with samples of N(0, std²), where std = gain / √fan; arguments as for `kaiming_uniform_`."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"kaiming: expected mode 'fan_in' or 'fan_out', got {mode!r}")
    fans = calculate_fan_in_and_fan_out(tensor)
    return calculate_gain(nonlinearity, a) / math.sqrt(fans[mode == "fan_out"])
