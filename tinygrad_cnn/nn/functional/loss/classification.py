"""Losses over classes: cross-entropy and negative log-likelihood."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn import ops
from tinygrad_cnn._dtypes import is_floating
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.nn.functional._operands import (
    REDUCTIONS,
    check_floating,
    check_one_dtype,
    check_reduction,
    check_tensors,
    which_reduction,
)
from tinygrad_cnn.ops.broadcast import promote
from tinygrad_cnn.ops.shape import product
from tinygrad_cnn.tensor import Tensor

__all__ = ["cross_entropy", "nll_loss"]


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Compute −Σ_c w[c] · q[c] · log softmax(x)[c] at each position.

    q is the target distribution: 1 at the target class and 0 elsewhere, or the one in `target`. Plain class indices use
    `ops.cross_entropy`, everything else uses `ops.soft_cross_entropy`.

    Args:
        input: scores (N, C), (N, C, d₁, ...), or (C,) for one position.
        target: class indices of an integer dtype, shaped like `input` without C; or distributions of a floating-point
            dtype, shaped like `input`.
        weight: a factor for each class, (C,). The mean over class indices divides by the sum of their factors, the mean
            over distributions by the number of positions.
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        ignore_index: positions with this target are left out.
        reduction: "none" for the loss at each position, "sum", or "mean".
        label_smoothing: the share of each target distribution that is spread evenly over all classes, in [0, 1].

    Returns:
        A 0-d tensor, or the loss at each position. The mean over no positions is NaN.

    Raises:
        IndexError: a class index is out of range; the message names it, its position and the number of classes.
        RuntimeError: a dtype, the shape of `weight`, or `label_smoothing` does not fit.
        ValueError: the number of positions does not fit, or `reduction` is unknown.
    """
    op = "cross_entropy"
    reduction = which_reduction(size_average, reduce, reduction)
    if weight is None and not label_smoothing and _are_plain(input, target, ignore_index, reduction):
        try:
            return ops.cross_entropy(input, target, reduction=reduction)
        except IndexError:  # an index to ignore, or to refuse with its position named
            pass
    _check_scores(op, input, target, weight, reduction)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"{op}: expected label_smoothing in [0, 1], got {label_smoothing}")
    x = input if input.ndim > 1 else ops.unsqueeze(input, 0)  # one position is a batch of one
    if target.shape == input.shape or not input.ndim:
        _check_distributions(input, target, ignore_index)
        q = target if input.ndim > 1 else ops.unsqueeze(target, 0)
        if label_smoothing:
            q = q * (1 - label_smoothing) + label_smoothing / max(_classes(input), 1)
        if weight is not None:
            q = q * _beside_classes(weight, x.ndim)
        x, q = promote((x, q))
        loss = ops.soft_cross_entropy(x, q, reduction=reduction, count=float(product(_positions(x))))
    else:
        ignoring = _check_classes(op, input, target, ignore_index)
        _check_class_weights(op, input, weight)
        indices = target.array.reshape(_positions(x))
        if weight is None and not ignoring and not label_smoothing:
            loss = ops.cross_entropy(x, from_numpy(indices), reduction=reduction)
        else:
            share, count = _shares(x, indices, weight, ignore_index)
            q = from_numpy(_distributions(x, indices, share, weight, ignore_index, label_smoothing))
            loss = ops.soft_cross_entropy(x, q, reduction=reduction, count=count)
    return loss if input.ndim > 1 else ops.reshape(loss, ())


def _are_plain(input: object, target: object, ignore_index: int, reduction: str) -> bool:
    """Return True only if `target` holds a class for each position: a quick test that nearly every call passes."""
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)) or reduction not in REDUCTIONS:
        return False
    shape, found = input.array.shape, target.array
    return (
        len(shape) > 1
        and found.shape == shape[:1] + shape[2:]
        and input.array.dtype.kind == "f"
        and found.dtype.kind in "iu"
        and not 0 <= ignore_index < shape[1]
    )


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute −w[target] · x[target] at each position, x being log-probabilities.

    Args:
        input: log-probabilities (N, C), (N, C, d₁, ...), or (C,) for one position.
        target: class indices of an integer dtype, shaped like `input` without C.
        weight: a factor for each class, (C,). The mean divides by the sum of the targets' factors.
        size_average: an old spelling of `reduction`; a warning names the reduction it stands for.
        reduce: likewise.
        ignore_index: positions with this target are left out.
        reduction: "none", "sum" or "mean".

    Raises:
        IndexError: a class index is out of range.
        RuntimeError: a dtype or the shape of `weight` does not fit.
        ValueError: the number of positions does not fit, or `reduction` is unknown.
    """
    op = "nll_loss"
    reduction = which_reduction(size_average, reduce, reduction)
    _check_scores(op, input, target, weight, reduction)
    if not input.ndim:
        raise ValueError(f"{op}: expected input (N, C), (N, C, d₁, ...) or (C,), got shape ()")
    _check_classes(op, input, target, ignore_index)
    _check_class_weights(op, input, weight)
    x = input if input.ndim > 1 else ops.unsqueeze(input, 0)  # one position is a batch of one
    indices = target.array.reshape(_positions(x))
    share, count = _shares(x, indices, weight, ignore_index)
    index = np.where(indices != ignore_index, indices, 0)
    loss = ops.nll_loss(x, from_numpy(index), from_numpy(share), reduction=reduction, count=count)
    return loss if input.ndim > 1 else ops.reshape(loss, ())


def _shares(input: Tensor, indices: Array, weight: Tensor | None, ignore_index: int) -> tuple[Array, float]:
    """Return the factor of each position, 0 where it is ignored, and their sum, which the mean divides by."""
    keep = np.asarray(indices != ignore_index)
    if weight is None:
        return keep.astype(input.dtype), float(keep.sum())
    share = np.where(keep, weight.array[np.where(keep, indices, 0)], 0).astype(input.dtype)
    return share, float(share.sum(dtype=np.float64))


def _distributions(
    input: Tensor, indices: Array, share: Array, weight: Tensor | None, ignore_index: int, label_smoothing: float
) -> Array:
    """Return class indices as distributions shaped like `input`, smoothed and weighted, 0 at ignored positions."""
    classes = _classes(input)
    dtype = np.promote_types(input.dtype, np.float32)  # float16 would round the smoothing
    q = ops.one_hot(indices, num_classes=classes, dim=1, dtype=dtype) * np.expand_dims(share, 1)
    if not label_smoothing:
        return q
    spread = np.ones(1, dtype) if weight is None else _beside_classes(weight, input.ndim).array.astype(dtype)
    even = np.expand_dims(indices != ignore_index, 1) * spread
    return np.asarray((1 - label_smoothing) * q + label_smoothing / classes * even)


def _classes(input: Tensor) -> int:
    """Return the number of classes."""
    return input.shape[min(1, input.ndim - 1)] if input.ndim else 1


def _positions(input: Tensor) -> Shape:
    """Return the shape of `input` without the axis of the classes."""
    return input.shape[:1] + input.shape[2:] if input.ndim > 1 else ()


def _beside_classes(weight: Tensor, ndim: int) -> Tensor:
    """Return the class weights (C,) reshaped to broadcast with scores of `ndim` axes."""
    return ops.reshape(weight, (-1, *[1] * (ndim - 2)))


def _check_scores(op: str, input: Tensor, target: Tensor, weight: Tensor | None, reduction: str) -> None:
    """Check the requirements of every loss over classes."""
    check_reduction(op, reduction)
    check_tensors(op, target=target)
    check_floating(op, "input", input)
    if weight is not None:
        check_tensors(op, weight=weight)
        if weight.shape != (_classes(input),):
            raise RuntimeError(f"{op}: expected weight ({_classes(input)},), one factor a class, got {weight.shape}")


def _check_distributions(input: Tensor, target: Tensor, ignore_index: int) -> None:
    """Check a target of `cross_entropy` that is shaped like the scores."""
    if not is_floating(target.dtype) or target.shape != input.shape:
        raise RuntimeError(
            f"cross_entropy: expected target {_positions(input)} of class indices, or distributions {input.shape} of a "
            f"floating-point dtype, got {target.dtype} of shape {target.shape}; turn one-hot rows into indices with "
            "target.argmax(1)"
        )
    if ignore_index >= 0:
        raise RuntimeError(f"cross_entropy: ignore_index={ignore_index} needs a target of class indices")


def _check_class_weights(op: str, input: Tensor, weight: Tensor | None) -> None:
    """Check the class weights that go with class indices."""
    if weight is not None:
        check_one_dtype(op, input=input, weight=weight)
        if weight.requires_grad:
            raise RuntimeError(f"{op}: expected a weight that does not require a gradient; use weight.detach()")


def _check_classes(op: str, input: Tensor, target: Tensor, ignore_index: int) -> bool:
    """Check the class indices, and return whether any position is ignored."""
    found, positions = target.array, _positions(input)
    if found.shape != positions and not (input.ndim == 1 and found.shape == (1,)):
        # As in PyTorch: another number of positions is a ValueError, any other shape a RuntimeError.
        kind = RuntimeError if input.ndim > 1 and found.shape[:1] == positions[:1] else ValueError
        fix = ""
        if found.ndim > 1 and found.shape[1] == 1 and found.shape[:1] + found.shape[2:] == positions:
            fix = "; drop the axis of length 1 with target.squeeze(1)"
        elif found.ndim > 1 and found.ndim == input.ndim:
            fix = "; turn one-hot rows into indices with target.argmax(1)"
        raise kind(
            f"{op}: expected target {positions} of class indices for input {input.shape}, got {found.shape}{fix}"
        )
    if found.dtype.kind not in "iu":
        raise RuntimeError(
            f"{op}: expected target of an integer dtype, such as int64, got {found.dtype}; convert indices with .long()"
        )
    if not found.size:
        return False
    classes = _classes(input)
    lowest, highest = int(found.min()), int(found.max())
    ignoring = lowest <= ignore_index <= highest and bool((found == ignore_index).any())
    if lowest < 0 or highest >= classes:
        outside = ((found < 0) | (found >= classes)) & (found != ignore_index)
        if outside.any():
            position = np.unravel_index(int(np.argmax(outside)), outside.shape)
            where = f"target[{', '.join(str(int(i)) for i in position)}]" if position else "target"
            raise IndexError(
                f"{op}: expected class indices in [0, {classes - 1}] for the {classes} classes of input "
                f"{input.shape}, got {int(found[position])} at {where}"
            )
    return ignoring
