"""Activations."""

from __future__ import annotations

from tinygrad_cnn import ops
from tinygrad_cnn.nn.functional._operands import apply, check_floating, check_one_dtype, check_tensors
from tinygrad_cnn.tensor import Tensor

__all__ = [
    "elu", "elu_", "gelu", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_", "leaky_relu", "leaky_relu_",
    "logsigmoid", "mish", "prelu", "relu", "relu6", "relu_", "selu", "sigmoid", "silu", "softplus", "tanh",
]  # fmt: skip


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute max(x, 0); the gradient at 0 is 0.

    Args:
        input: any shape.
        inplace: overwrite `input` and return it, as `Tensor.relu_` does; the change is recorded for the gradient.
    """
    check_tensors("relu", input=input)
    return input.relu_() if inplace else ops.relu(input)


def relu_(input: Tensor) -> Tensor:
    """Compute `relu` in place: overwrite `input`, and return it."""
    return relu(input, inplace=True)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute min(max(x, 0), 6); the gradient at 0 and at 6 is 0.

    Args:
        input: any shape.
        inplace: overwrite `input`, as with `relu`.
    """
    check_tensors("relu6", input=input)
    return apply("relu6_", ops.relu6, input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Compute x where x > 0 and negative_slope · x elsewhere; the gradient at 0 is `negative_slope`.

    Args:
        input: any shape, floating point.
        negative_slope: the slope below 0.
        inplace: overwrite `input`, as with `relu`.
    """
    check_floating("leaky_relu", "input", input)
    return apply("leaky_relu_", ops.leaky_relu, input, inplace, negative_slope=negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Compute `leaky_relu` in place: overwrite `input`, and return it."""
    return leaky_relu(input, negative_slope, inplace=True)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Compute x where x > 0 and w · x elsewhere, with one slope w for all elements or one for each channel.

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
    return ops.prelu(input, weight if weight.shape == along else ops.reshape(weight, along))


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Compute x where x > 0 and alpha · (eˣ − 1) elsewhere; the gradient at 0 is `alpha`.

    Args:
        input: any shape, floating point.
        alpha: minus the limit for x → −∞.
        inplace: overwrite `input`, as with `relu`.
    """
    check_floating("elu", "input", input)
    return apply("elu_", ops.elu, input, inplace, alpha=alpha)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Compute `elu` in place: overwrite `input`, and return it."""
    return elu(input, alpha, inplace=True)


_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute scale · ELU(x; alpha) with alpha ≈ 1.6733 and scale ≈ 1.0507, which keeps mean 0 and variance 1.

    Args:
        input: any shape, floating point.
        inplace: overwrite `input`, as with `relu`.

    Ref: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", 2017.
    """
    check_floating("selu", "input", input)
    return apply("selu_", lambda x: _SELU_SCALE * ops.elu(x, alpha=_SELU_ALPHA), input, inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Compute x · Φ(x), with Φ the distribution function of the normal distribution.

    Args:
        input: any shape, floating point.
        approximate: "none" for Φ(x) = (1 + erf(x / √2)) / 2; "tanh" for (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2.

    Raises:
        RuntimeError: `approximate` is neither.
    """
    check_floating("gelu", "input", input)
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu: expected approximate 'none' or 'tanh', got {approximate!r}")
    return ops.gelu(input, approximate=approximate)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute x · sigmoid(x).

    Args:
        input: any shape, floating point.
        inplace: overwrite `input`, as with `relu`.
    """
    check_floating("silu", "input", input)
    return apply("silu_", ops.silu, input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute x · tanh(log(1 + eˣ)).

    Args:
        input: any shape, floating point.
        inplace: overwrite `input`, as with `relu`.

    Ref: Misra, "Mish: a self regularized non-monotonic activation function", 2019.
    """
    check_floating("mish", "input", input)
    return apply("mish_", lambda x: x * ops.tanh(ops.softplus(x)), input, inplace)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Compute log(1 + e^(beta · x)) / beta, a smooth max(x, 0).

    Args:
        input: any shape, floating point.
        beta: the larger, the closer the curve is to max(x, 0).
        threshold: where beta · x is above it, the result is x.
    """
    check_floating("softplus", "input", input)
    return ops.softplus(input, beta=beta, threshold=threshold)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Compute min(max(x, min_val), max_val); the gradient at both limits is 0.

    Args:
        input: any shape.
        min_val: the lower limit.
        max_val: the upper limit.
        inplace: overwrite `input`, as with `relu`.

    Raises:
        ValueError: `min_val` is above `max_val`.
    """
    check_tensors("hardtanh", input=input)
    if min_val > max_val:
        raise ValueError(f"hardtanh: expected min_val ≤ max_val, got {min_val} and {max_val}")
    return apply("hardtanh_", ops.hardtanh, input, inplace, min_val=min_val, max_val=max_val)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Compute `hardtanh` in place: overwrite `input`, and return it."""
    return hardtanh(input, min_val, max_val, inplace=True)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute min(max(x + 3, 0), 6) / 6, a sigmoid made of straight lines; the gradient at −3 and at 3 is 0.

    Args:
        input: any shape, floating point.
        inplace: overwrite `input`, as with `relu`.
    """
    check_floating("hardsigmoid", "input", input)
    return apply("hardsigmoid_", lambda x: ops.relu6(x + 3) / 6, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute x · min(max(x + 3, 0), 6) / 6, which is SiLU with `hardsigmoid` in place of the sigmoid.

    Args:
        input: any shape, floating point.
        inplace: overwrite `input`, as with `relu`.

    Ref: Howard et al., "Searching for MobileNetV3", 2019, section 5.2.
    """
    check_floating("hardswish", "input", input)
    return apply("hardswish_", lambda x: x * ops.relu6(x + 3) / 6, input, inplace)


def logsigmoid(input: Tensor) -> Tensor:
    """Compute log sigmoid(x) without overflow or loss of accuracy at either end; `input` is floating point."""
    check_floating("logsigmoid", "input", input)
    return ops.logsigmoid(input)


def sigmoid(input: Tensor) -> Tensor:
    """Compute 1 / (1 + e⁻ˣ) without overflow at either end."""
    check_tensors("sigmoid", input=input)
    return ops.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """Compute the hyperbolic tangent."""
    check_tensors("tanh", input=input)
    return ops.tanh(input)
