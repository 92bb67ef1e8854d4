"""Activations made of others: SELU, Mish, the hard sigmoid and swish, and the leaky ReLU with learned slopes."""

from __future__ import annotations

from tinygrad_cnn import ops
from tinygrad_cnn.nn.functional._inplace import apply
from tinygrad_cnn.nn.functional._operands import check_floating, check_one_dtype
from tinygrad_cnn.tensor import Tensor

_ALPHA = 1.6732632423543772848170429916717
_SCALE = 1.0507009873554804934193349852946


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute scale · ELU(x; alpha), with alpha ≈ 1.6733 and scale ≈ 1.0507: layers of it keep mean 0 and variance 1.

    Args:
        input: any shape, floating point.
        inplace: overwrite `input` with the result, recorded.

    Ref: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", 2017.
    """
    check_floating("selu", "input", input)
    return apply("selu_", lambda x: _SCALE * ops.elu(x, alpha=_ALPHA), input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute x · tanh(log(1 + eˣ)).

    Args:
        input: any shape, floating point.
        inplace: overwrite `input` with the result, recorded.

    Ref: Misra, "Mish: a self regularized non-monotonic activation function", 2019.
    """
    check_floating("mish", "input", input)
    return apply("mish_", lambda x: x * ops.tanh(ops.softplus(x)), input, inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute min(max(x + 3, 0), 6) / 6, straight lines for a sigmoid; the gradient at −3 and at 3 is 0.

    Args:
        input: any shape, floating point.
        inplace: overwrite `input` with the result, recorded.
    """
    check_floating("hardsigmoid", "input", input)
    return apply("hardsigmoid_", lambda x: ops.relu6(x + 3) / 6, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute x · min(max(x + 3, 0), 6) / 6, straight lines for the sigmoid of SiLU.

    Args:
        input: any shape, floating point.
        inplace: overwrite `input` with the result, recorded.

    Ref: Howard et al., "Searching for MobileNetV3", 2019, section 5.2.
    """
    check_floating("hardswish", "input", input)
    return apply("hardswish_", lambda x: x * ops.relu6(x + 3) / 6, input, inplace)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Compute x where x > 0 and w · x elsewhere, with one slope w for all or one for each channel.

    Args:
        input: (N, C, ...), floating point; any shape if there is one slope.
        weight: the slopes, (C,), (1,) or ().

    Raises:
        RuntimeError: `weight` has more than one axis, or another number of slopes than channels; or the dtypes differ.

    Ref: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
    """
    check_floating("prelu", "input", input)
    check_one_dtype("prelu", input=input, weight=weight)
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.numel() not in (1, channels) or (weight.numel() != 1 and not input.ndim):
        raise RuntimeError(
            f"prelu: expected weight (1,), or ({channels},) for the channels of input {input.shape}, got {weight.shape}"
        )
    along = (-1, *[1] * (input.ndim - 2)) if input.ndim > 1 else (1,) * input.ndim
    slopes = weight if weight.shape == along else ops.reshape(weight, along)
    found: Tensor = ops.prelu(input, slopes)
    return found
