"""Losses over two classes: binary cross-entropy of probabilities and of logits."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn.nn.functional._operands import (
    check_floating,
    check_one_dtype,
    check_reduction,
    check_tensors,
    which_reduction,
)
from tinygrad_cnn.ops.broadcast import promote
from tinygrad_cnn.tensor import Tensor

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute −w · (t · log x + (1 − t) · log(1 − x)) for each element, their sum or their mean.

    Logarithms below −100 count as −100, so the loss is always finite; the gradient in x divides by at least 10⁻¹².
    `binary_cross_entropy_with_logits` needs neither of these limits.

    Args:
        input: probabilities in [0, 1], any shape.
        target: of the same shape, in [0, 1].
        weight: a factor for each element, of a shape that broadcasts to that of `input`.
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        reduction: "none", "sum" or "mean". The mean over no elements is NaN.

    Raises:
        RuntimeError: an element is outside [0, 1], the dtypes differ, or `weight` does not broadcast to `input`.
        ValueError: the shapes differ, or `reduction` is unknown.
    """
    op = "binary_cross_entropy"
    reduction = which_reduction(size_average, reduce, reduction)
    _check(op, input, target, reduction)
    check_one_dtype(op, input=input, target=target)
    for name, values in (("input", input.array), ("target", target.array)):
        outside = ~((values >= 0) & (values <= 1))  # true for NaN
        if outside.any():
            position = tuple(int(i) for i in np.unravel_index(int(np.argmax(outside)), outside.shape))
            raise RuntimeError(
                f"{op}: expected every element of {name} between 0 and 1, got {values[position]} at {position}; "
                "apply sigmoid first, or use binary_cross_entropy_with_logits"
            )
    return ops.binary_cross_entropy(input, target, _factor(op, "weight", weight, input), reduction=reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Compute −w · (p · t · log σ(x) + (1 − t) · log(1 − σ(x))) for each element, their sum or their mean.

    Args:
        input: scores x, any shape; σ(x) is the predicted probability.
        target: of the same shape, in [0, 1].
        weight: a factor w for each element, of a shape that broadcasts to that of `input`.
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        reduction: "none", "sum" or "mean". The mean over no elements is NaN.
        pos_weight: a factor p for the positive term, of a shape that broadcasts to that of `input`.

    Raises:
        RuntimeError: a dtype does not fit, or a factor does not broadcast to `input`.
        ValueError: the shapes of `input` and `target` differ, or `reduction` is unknown.
    """
    op = "binary_cross_entropy_with_logits"
    reduction = which_reduction(size_average, reduce, reduction)
    _check(op, input, target, reduction)
    x, t = promote((input, target))
    w, p = _factor(op, "weight", weight, x), _factor(op, "pos_weight", pos_weight, x)
    return ops.binary_cross_entropy_with_logits(x, t, w, p, reduction=reduction)


def _check(op: str, input: Tensor, target: Tensor, reduction: str) -> None:
    """Raise unless both operands are floating-point tensors of one shape."""
    check_reduction(op, reduction)
    check_floating(op, "input", input)
    check_floating(op, "target", target)
    if input.shape != target.shape:
        raise ValueError(f"{op}: expected one shape, got input {input.shape} and target {target.shape}")


def _factor(op: str, name: str, value: Tensor | None, input: Tensor) -> Tensor | None:
    """Return the factor called `name` in the dtype of `input`, after checking that it is constant and broadcasts."""
    if value is None:
        return None
    check_tensors(op, **{name: value})
    if value.requires_grad:
        raise RuntimeError(f"{op}: expected a {name} that does not require a gradient; use {name}.detach()")
    try:
        fits = np.broadcast_shapes(value.shape, input.shape) == input.shape
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(f"{op}: expected {name} of a shape that broadcasts to {input.shape}, got {value.shape}")
    return value.to(input.dtype)
