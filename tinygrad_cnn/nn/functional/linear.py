"""The affine map of a fully connected layer."""

from __future__ import annotations

from tinygrad_cnn import ops
from tinygrad_cnn.nn.functional._operands import check_operands, of_one_dtype
from tinygrad_cnn.tensor import Tensor

__all__ = ["linear"]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Compute y = x · wᵀ + b.

    Args:
        input: (..., I).
        weight: (O, I); or (I,), then the output has no last axis.
        bias: (O,), or 0-d with a weight of shape (I,); None adds nothing.

    Returns:
        (..., O), or (...) for a weight of shape (I,).

    Raises:
        RuntimeError: the shapes do not fit, or the dtypes differ.
    """
    if not of_one_dtype(input, weight, bias):
        check_operands("linear", input, weight, bias)
    x, w = input.array.shape, weight.array.shape
    if len(w) == 2 and x and x[-1] == w[1] and (bias is None or bias.array.shape == w[:1]):
        return ops.linear(input, weight, bias)
    if weight.ndim not in (1, 2):
        raise RuntimeError(f"linear: expected weight (out_features, in_features), got {weight.shape}")
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise RuntimeError(f"linear: expected bias {weight.shape[:-1]} for weight {weight.shape}, got {bias.shape}")
    features = weight.shape[-1]
    if not input.ndim or input.shape[-1] != features:
        raise RuntimeError(
            f"linear: expected input with a last axis of {features} (weight {weight.shape}), got {input.shape}"
            f"{_likely_fix(input, weight)}"
        )
    y = ops.matmul(input, weight)
    return y if bias is None else y + bias


def _likely_fix(input: Tensor, weight: Tensor) -> str:
    """Return a fix for the common mistakes, or nothing."""
    features = weight.shape[-1]
    if not input.ndim or weight.ndim != 2:
        return ""
    if input.ndim > 2 and input.shape[0] and input.numel() == input.shape[0] * features:
        return "; flatten it first: x.flatten(1)"
    if input.ndim == 2 and input.numel() == features:
        return "; one image without a batch axis? Give the model x.unsqueeze(0)"
    if input.ndim == 4:
        size = input.shape[1] * input.shape[2] * input.shape[3]
        return f"; after x.flatten(1), Linear(in_features={size}, out_features={weight.shape[0]}) would fit"
    return f"; Linear(in_features={input.shape[-1]}, out_features={weight.shape[0]}) would fit"
