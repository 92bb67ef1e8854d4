"""Losses that measure a distance: squared, absolute, and mixtures of the two."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn.nn.functional._operands import check_floating, check_reduction, check_tensors, which_reduction
from tinygrad_cnn.ops.broadcast import promote
from tinygrad_cnn.tensor import Tensor

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Compute w · (x − target)² for each element, their sum or their mean.

    Args:
        input: any shape.
        target: of the same shape; another shape is broadcast, with a warning, as it is usually a mistake.
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        reduction: "none", "sum" or "mean". The mean divides by the sum of the weights, by default the number of
            elements; over no elements it is NaN.
        weight: a factor for each element, shaped like `input`.

    Raises:
        RuntimeError: the shapes cannot be broadcast, or neither is floating point.
        ValueError: `weight` is not shaped like `input`, or `reduction` is unknown.
    """
    reduction = which_reduction(size_average, reduce, reduction)
    x, t = _operands("mse_loss", input, target, weight, reduction)
    check_floating("mse_loss", "input", x)
    return _reduced(ops.mse_loss, x, t, weight, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Compute w · |x − target| for each element, their sum or their mean; the gradient is 0 where x = target.

    Arguments and errors are those of `mse_loss`; integers are accepted unless `reduction` is an unweighted "mean".
    """
    reduction = which_reduction(size_average, reduce, reduction)
    x, t = _operands("l1_loss", input, target, weight, reduction)
    if reduction == "mean" and weight is None:
        check_floating("l1_loss", "input", x)
    return _reduced(ops.l1_loss, x, t, weight, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Compute d² / 2β where |d| < β and |d| − β/2 elsewhere, for d = x − target; their sum or their mean.

    Args:
        input: any shape.
        target: of the same shape; another shape is broadcast, with a warning.
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        reduction: "none", "sum" or "mean".
        beta: the |d| at which the parabola joins the straight lines; with 0 the loss is `l1_loss`.

    Raises:
        RuntimeError: `beta` is negative, the shapes cannot be broadcast, or neither is floating point.
        ValueError: `reduction` is unknown.

    Ref:
        Girshick, Fast R-CNN, 2015, equation 3.
    """
    reduction = which_reduction(size_average, reduce, reduction)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss: expected beta of at least 0, got {beta}")
    x, t = _operands("smooth_l1_loss", input, target, None, reduction)
    check_floating("smooth_l1_loss", "input", x)
    if beta == 0:
        return ops.l1_loss(x, t, reduction=reduction)
    return ops.smooth_l1_loss(x, t, reduction=reduction, beta=beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Compute w · d² / 2 where |d| < δ and w · δ · (|d| − δ/2) elsewhere, for d = x − target; their sum or their mean.

    Args:
        input: any shape.
        target: of the same shape; another shape is broadcast, with a warning.
        reduction: "none", "sum" or "mean". The mean divides by the number of elements, weighted or not.
        delta: the |d| at which the parabola joins the straight lines.
        weight: a factor for each element, shaped like `input`.

    Raises:
        RuntimeError: `delta` is not positive, the shapes cannot be broadcast, or a dtype does not fit.
        ValueError: `weight` is not shaped like `input`, or `reduction` is unknown.

    Ref:
        Huber, Robust estimation of a location parameter, 1964.
    """
    if delta <= 0:
        raise RuntimeError(f"huber_loss: expected delta above 0, got {delta}")
    x, t = _operands("huber_loss", input, target, weight, reduction)
    check_floating("huber_loss", "input", x)
    if weight is None:
        return ops.huber_loss(x, t, reduction=reduction, delta=delta)
    losses = ops.huber_loss(x, t, reduction="none", delta=delta) * weight
    return losses if reduction == "none" else ops.sum(losses) if reduction == "sum" else ops.mean(losses)


def _reduced(loss: Callable[..., Tensor], x: Tensor, t: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """Return the losses, their sum or their mean; a weighted mean divides by the sum of the weights."""
    if weight is None:
        return loss(x, t, reduction=reduction)
    weighted = loss(x, t, reduction="none") * weight
    if reduction == "none":
        return weighted
    total = ops.sum(weighted)
    return total if reduction == "sum" else total / ops.sum(weight)


def _operands(op: str, input: Tensor, target: Tensor, weight: Tensor | None, reduction: str) -> tuple[Tensor, Tensor]:
    """Return both tensors in one dtype and one shape, with a warning if their shapes differ."""
    check_reduction(op, reduction)
    check_tensors(op, input=input, target=target)
    if weight is not None:
        check_tensors(op, weight=weight)
        if weight.shape != input.shape:
            raise ValueError(f"{op}: expected weight {input.shape}, shaped like input, got {weight.shape}")
    x, t = promote((input, target))
    if x.shape == t.shape:
        return x, t
    try:
        shape = np.broadcast_shapes(x.shape, t.shape)
    except ValueError:
        raise RuntimeError(f"{op}: expected one shape, got input {x.shape} and target {t.shape}") from None
    warnings.warn(
        f"{op}: expected one shape, got input {x.shape} and target {t.shape}; both are broadcast to {shape}, "
        "which is seldom meant",
        UserWarning,
        stacklevel=3,
    )
    return ops.expand(x, shape), ops.expand(t, shape)
