"""Scaling of vectors to length 1."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn import ops
from tinygrad_cnn.nn.functional._operands import check_floating
from tinygrad_cnn.tensor import Tensor


def normalize(input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12) -> Tensor:
    """Compute x / max(‖x‖ₚ, ε) along `dim`.

    Where the norm is below ε, at vectors of zeros above all, it counts as the constant ε: the gradient is g / ε.

    Args:
        input: any shape, floating point.
        p: the order of the norm; `ops.norm` says how its limits are taken.
        dim: the axis that holds the elements of a vector, or several.
        eps: the least number that is divided by.

    Returns:
        A tensor of the shape of `input`.

    Raises:
        IndexError: `dim` is not an axis of `input`.
        RuntimeError: `input` is not floating point.

    Example:
        >>> normalize(tensor([[3.0, 4.0]]))
        tensor([[0.6, 0.8]])
    """
    check_floating("normalize", "input", input)
    return input / ops.clamp(ops.norm(input, p, dim, True), min=eps)
