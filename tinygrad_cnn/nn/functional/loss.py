"""Losses: cross-entropy, negative log-likelihood and squared error."""

from __future__ import annotations

import math
import warnings

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn._dtypes import is_floating
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.creation import as_tensor
from tinygrad_cnn.nn.functional._operands import check_floating, check_one_dtype, check_tensors
from tinygrad_cnn.ops.broadcast import promote
from tinygrad_cnn.tensor import Tensor


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Compute −Σ_c q[c] · log softmax(x)[c] at each place, where q is 1 at the target class or a given distribution.

    Plain class indices run as one fused operation; everything else is composed of `log_softmax` and a product.

    Args:
        input: scores (N, C), (N, C, d₁, ...), or (C,) for one place.
        target: class indices of an integer dtype, shaped like `input` without C; or distributions of a floating-point
            dtype, shaped like `input`.
        weight: a factor for each class, (C,). The mean over indices divides by the sum of their classes' factors.
        ignore_index: places with this target count for nothing.
        reduction: "none" for the loss at each place, "sum", or "mean".
        label_smoothing: the part of each target distribution that is spread evenly over all classes, in [0, 1].

    Returns:
        A 0-d tensor, or the loss at each place. The mean over no places is NaN.

    Raises:
        IndexError: a class index is out of range; names it, its position and the number of classes.
        RuntimeError: a dtype does not fit.
        ValueError: a shape, `reduction` or `label_smoothing` does not fit.
    """
    _check_scores("cross_entropy", input, target, weight, reduction)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: expected label_smoothing in [0, 1], got {label_smoothing}")
    if is_floating(target.dtype):
        return _cross_entropy_soft(input, target, weight, ignore_index, reduction, label_smoothing)
    ignoring = _check_classes("cross_entropy", input, target, ignore_index)
    axis = min(1, input.ndim - 1)
    if weight is None and not ignoring and not label_smoothing and target.array.size:
        if axis:
            return ops.cross_entropy(input, target, reduction=reduction)
        loss = ops.cross_entropy(ops.unsqueeze(input, 0), ops.unsqueeze(target, 0), reduction=reduction)
        return ops.squeeze(loss)
    scores = ops.log_softmax(input, dim=axis)
    loss = _nll(scores, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return loss
    keep, share = _shares(scores, target, weight, ignore_index)
    spread = -ops.sum(scores if weight is None else scores * _beside_classes(weight, input.ndim), axis)
    even = _reduce(ops.where(keep, spread, 0), share, reduction)
    return (1 - label_smoothing) * loss + label_smoothing / input.shape[axis] * even


def _cross_entropy_soft(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, label_smoothing: float
) -> Tensor:
    """Compute the cross-entropy with target distributions; the mean is over all places, weighted or not."""
    if target.shape != input.shape:
        raise ValueError(
            f"cross_entropy: expected target {_places(input)} of class indices in an integer dtype, or distributions "
            f"of shape {input.shape}, got {target.dtype} of shape {target.shape}; convert indices with .long()"
        )
    if ignore_index >= 0:
        raise ValueError(f"cross_entropy: ignore_index={ignore_index} needs a target of class indices")
    axis = min(1, input.ndim - 1)
    classes = input.shape[axis]
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    terms = ops.log_softmax(input, dim=axis) * target
    if weight is not None:
        terms = terms * _beside_classes(weight, input.ndim)
    losses = -ops.sum(terms, axis)
    return _reduce(losses, np.ones(losses.shape, losses.dtype), reduction)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Compute −x[target] at each place, x being log-probabilities; arguments and errors as for `cross_entropy`.

    Args:
        input: log-probabilities (N, C), (N, C, d₁, ...), or (C,) for one place.
        target: class indices of an integer dtype, shaped like `input` without C.
        weight: a factor for each class, (C,).
        ignore_index: places with this target count for nothing.
        reduction: "none", "sum" or "mean".
    """
    _check_scores("nll_loss", input, target, weight, reduction)
    _check_classes("nll_loss", input, target, ignore_index)
    return _nll(input, target, weight, ignore_index, reduction)


def _nll(scores: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str) -> Tensor:
    """Compute the checked negative log-likelihood."""
    axis = min(1, scores.ndim - 1)
    keep, share = _shares(scores, target, weight, ignore_index)
    index = as_tensor(np.expand_dims(np.where(keep, target.array, 0), axis))
    losses = -ops.squeeze(ops.gather(scores, axis, index), axis) * share
    return _reduce(ops.where(keep, losses, 0), share, reduction)


def _shares(scores: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int) -> tuple[Array, Array]:
    """Return where the target counts, and each place's share of the mean: its class's weight, or 0."""
    keep = np.asarray(target.array != ignore_index)
    if weight is None:
        return keep, keep.astype(scores.dtype)
    return keep, np.where(keep, weight.array[np.where(keep, target.array, 0)], 0).astype(scores.dtype)


def _beside_classes(weight: Tensor, ndim: int) -> Tensor:
    """Return the class weights (C,) in a shape that broadcasts against scores of `ndim` axes."""
    return ops.reshape(weight, (-1, *[1] * (ndim - 2)))


def _reduce(losses: Tensor, share: Array, reduction: str) -> Tensor:
    """Return the losses as they are, their sum, or their sum over that of their shares."""
    if reduction == "none":
        return losses
    total, count = ops.sum(losses), float(share.sum())
    if reduction == "sum":
        return total
    return total / count if count else total * math.nan  # as 0 / 0, without NumPy's warning


def _places(input: Tensor) -> Shape:
    """Return the shape of `input` without the axis of the classes."""
    return input.shape[:1] + input.shape[2:] if input.ndim > 1 else ()


def _check_scores(op: str, input: Tensor, target: Tensor, weight: Tensor | None, reduction: str) -> None:
    """Check everything about the arguments of a loss over classes but the target's values."""
    _check_reduction(op, reduction)
    check_tensors(op, target=target)
    check_floating(op, "input", input)
    if not input.ndim:
        raise ValueError(f"{op}: expected input (N, C), (N, C, d₁, ...) or (C,), got shape ()")
    if weight is not None:
        check_one_dtype(op, input=input, weight=weight)
        classes = input.shape[min(1, input.ndim - 1)]
        if weight.shape != (classes,):
            raise ValueError(f"{op}: expected weight ({classes},), one factor a class, got {weight.shape}")
        if weight.requires_grad:
            raise RuntimeError(f"{op}: expected a weight that does not require a gradient; use weight.detach()")


def _check_classes(op: str, input: Tensor, target: Tensor, ignore_index: int) -> bool:
    """Check the class indices, and return whether any place is ignored."""
    found = target.array
    if found.dtype.kind not in "iu":
        raise RuntimeError(f"{op}: expected target of an integer dtype, such as int64, got {found.dtype}")
    if found.shape != _places(input):
        fix = "; turn one-hot rows into indices with target.argmax(1)" if found.shape == input.shape else ""
        raise ValueError(
            f"{op}: expected target {_places(input)} of class indices for input {input.shape}, got {found.shape}{fix}"
        )
    if not found.size:
        return False
    classes = input.shape[min(1, input.ndim - 1)]
    lowest, highest = int(found.min()), int(found.max())
    ignoring = lowest <= ignore_index <= highest and bool((found == ignore_index).any())
    if lowest < 0 or highest >= classes:
        outside = ((found < 0) | (found >= classes)) & (found != ignore_index)
        if outside.any():
            place = np.unravel_index(int(np.argmax(outside)), outside.shape)
            where = f"target[{', '.join(str(int(i)) for i in place)}]" if place else "target"
            raise IndexError(
                f"{op}: expected class indices in [0, {classes - 1}] for the {classes} classes of input "
                f"{input.shape}, got {int(found[place])} at {where}"
            )
    return ignoring


def _check_reduction(op: str, reduction: str) -> None:
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{op}: expected reduction 'none', 'mean' or 'sum', got {reduction!r}")


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """Compute (x − target)² for each element, their sum or their mean.

    Args:
        input: any shape.
        target: of the same shape; others are broadcast, with a warning, since that is seldom meant.
        reduction: "none", "sum" or "mean". The mean over no elements is NaN.

    Raises:
        RuntimeError: the shapes cannot be broadcast, or neither is floating point.
        ValueError: an unknown `reduction`.
    """
    _check_reduction("mse_loss", reduction)
    check_tensors("mse_loss", input=input, target=target)
    x: Tensor
    t: Tensor
    x, t = promote((input, target))
    check_floating("mse_loss", "input", x)
    if x.shape != t.shape:
        try:
            shape = np.broadcast_shapes(x.shape, t.shape)
        except ValueError:
            raise RuntimeError(f"mse_loss: expected one shape, got input {x.shape} and target {t.shape}") from None
        warnings.warn(
            f"mse_loss: expected one shape, got input {x.shape} and target {t.shape}; both are broadcast to {shape}, "
            "which is seldom meant",
            UserWarning,
            stacklevel=2,
        )
        x, t = ops.expand(x, shape), ops.expand(t, shape)
    if reduction == "mean" and not x.numel():
        return ops.mse_loss(x, t, reduction="sum") * math.nan
    return ops.mse_loss(x, t, reduction=reduction)
