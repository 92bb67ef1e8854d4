"""Initial values of parameters: each function fills a tensor in place, unrecorded, and returns it.

fan_in is the number of inputs that one output sums, C/groups·KH·KW of a convolution; fan_out the number of outputs that
one input reaches, O·KH·KW.

Ref: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010 (xavier);
He et al., "Delving deep into rectifiers", 2015 (kaiming); Saxe et al., "Exact solutions to the nonlinear dynamics of
learning in deep linear neural networks", 2013 (orthogonal).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec

import numpy as np

from tinygrad_cnn._dtypes import float64
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.random import Generator, default_generator
from tinygrad_cnn.tensor import Tensor

P = ParamSpec("P")


def _fill(tensor: Tensor, values: Array | float) -> Tensor:
    with no_grad():
        return tensor.copy_(as_tensor(values))


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with samples from [a, b)."""
    return _fill(tensor, (generator or default_generator).uniform(tensor.shape, tensor.dtype) * (b - a) + a)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with samples of N(mean, std²)."""
    return _fill(tensor, (generator or default_generator).normal(tensor.shape, tensor.dtype) * std + mean)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with samples of N(mean, std²) that lie in [a, b]; `a` and `b` are values, not multiples of `std`.

    Samples are made by the inverse of the distribution function from uniform ones, so that none is drawn in vain.

    Raises:
        ValueError: `std` is not positive, or [a, b] holds less than 10⁻¹² of the distribution.
    """
    if std <= 0:
        raise ValueError(f"trunc_normal_: expected std > 0, got {std}")
    from statistics import NormalDist  # takes long to import

    normal = NormalDist(mean, std)
    # Far above the mean the distribution function rounds to 1; mirrored to the other side it keeps its digits.
    mirror = -1 if a > mean else 1
    low, high = sorted((normal.cdf(mean + mirror * (a - mean)), normal.cdf(mean + mirror * (b - mean))))
    if a >= b or high - low < 1e-12:
        raise ValueError(f"trunc_normal_: expected [a, b] within reach of mean={mean}, std={std}, got [{a}, {b}]")
    levels = (generator or default_generator).uniform(tensor.shape, float64) * (high - low) + low
    samples = np.fromiter(map(normal.inv_cdf, np.maximum(levels, 5e-324).flat), float64, tensor.numel())
    return _fill(tensor, np.clip(mean + mirror * (samples - mean), a, b).reshape(tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with `val`."""
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return _fill(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return _fill(tensor, 1)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with 1 on the diagonal and 0 elsewhere: a linear layer that keeps its input.

    Raises:
        ValueError: not two axes.
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_: expected a tensor with 2 axes, got shape {tensor.shape}")
    return _fill(tensor, np.eye(*tensor.shape, dtype=tensor.dtype))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution so that it keeps its channels: filter c has a 1 at the centre of channel c.

    Args:
        tensor: a weight (O, C/groups, K), (O, C/groups, KH, KW) or (O, C/groups, KD, KH, KW).
        groups: how many groups the filters are split into; each keeps its own channels.

    Raises:
        ValueError: another number of axes, or `groups` does not divide O.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_: expected a tensor with 3, 4 or 5 axes, got shape {tensor.shape}")
    filters, channels, *kernel_size = tensor.shape
    if groups < 1 or filters % groups:
        raise ValueError(f"dirac_: expected groups ≥ 1 that divide the {filters} filters, got groups={groups}")
    values = np.zeros(tensor.shape, tensor.dtype)
    middle: tuple[Any, ...] = tuple([size // 2 for size in kernel_size])
    kept = np.arange(min(filters // groups, channels))
    for first in range(0, filters, filters // groups):
        values[(first + kept, kept, *middle)] = 1
    return _fill(tensor, values)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with `gain` times a random orthogonal matrix of shape (O, I·...): orthonormal rows, or columns if those are fewer.

    It is the Q of the QR decomposition of normal samples, with the signs that make it uniformly distributed.

    Raises:
        ValueError: fewer than two axes.
    """  # noqa: E501
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: expected a tensor with at least 2 axes, got shape {tensor.shape}")
    if not tensor.numel():
        return tensor
    rows = tensor.shape[0]
    samples = (generator or default_generator).normal((rows, tensor.numel() // rows), float64)
    wide = samples.shape[0] < samples.shape[1]
    q, r = np.linalg.qr(samples.T if wide else samples)
    q *= np.sign(np.diag(r))
    return _fill(tensor, gain * (q.T if wide else q).reshape(tensor.shape))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor that weights in front of `nonlinearity` need to keep the variance.

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


_calculate_fan_in_and_fan_out = calculate_fan_in_and_fan_out  # the name that layers written for PyTorch use


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
        nonlinearity: the activation that follows, as for `calculate_gain`.
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


def _superseded(new: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Return `new` under the name that PyTorch used before 0.4, without the underscore; each call warns."""

    def old(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        warnings.warn(
            f"`nn.init.{old.__name__}` is now deprecated in favor of `nn.init.{new.__name__}`.",
            FutureWarning,
            stacklevel=2,
        )
        return new(*args, **kwargs)

    old.__name__ = old.__qualname__ = new.__name__.removesuffix("_")
    old.__doc__ = f"Do what `{new.__name__}` does; this is its old name."
    return old


uniform = _superseded(uniform_)
normal = _superseded(normal_)
constant = _superseded(constant_)
eye = _superseded(eye_)
dirac = _superseded(dirac_)
orthogonal = _superseded(orthogonal_)
xavier_uniform = _superseded(xavier_uniform_)
xavier_normal = _superseded(xavier_normal_)
kaiming_uniform = _superseded(kaiming_uniform_)
kaiming_normal = _superseded(kaiming_normal_)
