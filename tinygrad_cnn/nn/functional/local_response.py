"""Local response normalisation: each channel divided by the strength of its neighbours."""

from __future__ import annotations

from tinygrad_cnn import ops
from tinygrad_cnn.nn.functional._operands import check_floating
from tinygrad_cnn.nn.functional.pool import avg_pool2d
from tinygrad_cnn.tensor import Tensor


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:  # fmt: skip
    """Compute y[c] = x[c] / (k + alpha · mean of x² over the `size` channels around c)^beta.

    Channels before the first and after the last count as 0.

    Args:
        input: (N, C, ...), floating point.
        size: number of channels around each: ⌊size / 2⌋ before it and the others after it.
        alpha: the factor of the mean.
        beta: the exponent.
        k: what is added to the mean.

    Raises:
        ValueError: fewer than three axes.
        RuntimeError: `size` is below 1, or `input` is not floating point.

    Ref: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012, 3.3.
    """
    op = "local_response_norm"
    check_floating(op, "input", input)
    if input.ndim < 3:
        raise ValueError(f"{op}: expected input (N, C, ...) with at least 3 axes, got {input.shape}")
    if size < 1:
        raise RuntimeError(f"{op}: expected size of at least 1, got {size}")
    if not input.numel():
        return input
    n, c = input.shape[:2]
    squares = ops.reshape(input * input, (n, 1, c, -1))
    around = ops.pad(squares, padding=((0, 0), (0, 0), (size // 2, (size - 1) // 2), (0, 0)), mode="constant")
    means = ops.reshape(avg_pool2d(around, (size, 1), 1), input.shape)
    found: Tensor = input / (means * alpha + k) ** beta
    return found
