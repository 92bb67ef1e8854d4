"""Normalisation over a batch, a layer or groups of channels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinygrad_cnn import kernels, ops
from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd.versions import record_writes
from tinygrad_cnn.nn.functional._operands import check_floating, check_one_dtype
from tinygrad_cnn.tensor import Tensor


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Compute y = w · (x − mean) / √(var + eps) + b for each channel.

    In training, mean and (biased) variance are those of the batch and gradients flow through them; `running_mean` and
    `running_var`, where given, move toward them in place: r ← (1 − momentum)·r + momentum·batch, with the unbiased
    variance. Otherwise the running ones are used, as constants.

    Args:
        input: (N, C), (N, C, L) or (N, C, H, W).
        running_mean: (C,) or None; needed unless `training`.
        running_var: (C,), or None if `running_mean` is.
        weight: w, (C,), or None for 1.
        bias: b, (C,), or None for 0.
        training: whether to use the batch's own statistics.
        momentum: the share of the batch in the running statistics.
        eps: added to the variance.

    Raises:
        ValueError: in training, one value per channel only, or `eps` ≤ 0; one running statistic without the other.
        RuntimeError: the shapes or dtypes do not fit, running statistics are missing or require a gradient.

    Ref: Ioffe, Szegedy, "Batch Normalization", 2015.
    """
    op = "batch_norm"
    if not _are_plain(input, running_mean, running_var, weight, bias):
        _check_batch_norm(op, input, running_mean, running_var, weight, bias)
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError(f"{op}: expected running_mean and running_var, which are used unless training=True")
        return ops.batch_norm(input, weight, bias, running_mean, running_var, eps=eps)
    if (running_mean is None) != (running_var is None):
        raise ValueError(f"{op}: expected both running_mean and running_var or neither")
    if eps <= 0:
        raise ValueError(f"{op}: expected eps > 0 in training, got {eps}")
    shape = input.array.shape
    count = math.prod(shape[:1] + shape[2:])
    _check_several(op, shape, count)
    y: Tensor = ops.batch_norm(input, weight, bias, None, None, eps=eps)
    if running_mean is not None and running_var is not None and input.array.size:
        _follow(running_mean, running_var, *_batch_statistics(y, input), count, momentum)
    return y


def _are_plain(input: object, *vectors: object) -> bool:
    """Tell at once whether `input` has channels and `vectors`, where given, a number for each, all of one dtype."""
    if not isinstance(input, Tensor):
        return False
    x = input.array
    if x.ndim < 2 or x.dtype.kind != "f":
        return False
    size = x.shape[1:2]
    for i, one in enumerate(vectors):
        if one is None:
            continue
        if not isinstance(one, Tensor) or one.array.dtype is not x.dtype or one.array.shape != size:
            return False
        if i < 2 and one._requires_grad:  # a running statistic
            return False
    return True


def _check_batch_norm(
    op: str, input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None,
    bias: Tensor | None,
) -> None:  # fmt: skip
    """Raise unless the operands of `batch_norm` fit."""
    _check(op, input, weight, bias)
    if input.ndim < 2:
        raise IndexError(f"{op}: expected input (N, C, ...), got {input.shape}")
    channels = (input.shape[1],)
    running = {"running_mean": running_mean, "running_var": running_var}
    for name, vector in {**running, "weight": weight, "bias": bias}.items():
        if vector is not None and vector.shape != channels:
            raise RuntimeError(f"{op}: expected {name} {channels} for input {input.shape}, got {vector.shape}")
    check_one_dtype(op, input=input, **running)
    if any(vector is not None and vector.requires_grad for vector in running.values()):
        raise RuntimeError(f"{op}: expected running statistics that require no gradient; detach them")


def _batch_statistics(y: Tensor, input: Tensor) -> tuple[Array, Array]:
    """Return the mean and biased variance of the batch: kept by the node that made `y`, else computed again."""
    node = y.grad_fn
    if node is not None and node.aux:
        return node.aux["batch_mean"], node.aux["batch_var"]
    x = input.array.astype(np.promote_types(input.dtype, np.float32), copy=False)  # float16 computes in float32
    _, mean, var = kernels.standardize(x, dims=(0, *range(2, input.ndim)), eps=1)
    return mean, var


def _follow(running_mean: Tensor, running_var: Tensor, mean: Array, var: Array, count: int, momentum: float) -> None:
    """Move the running statistics toward those of a batch of `count` values per channel, unbiased, in place."""
    running = running_mean.array, running_var.array
    kernels.follow(*running, mean, var, momentum, count / (count - 1))
    record_writes(running)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Compute y = w · (x − mean) / √(var + eps) + b with the mean and biased variance over the last axes.

    Args:
        input: (..., *normalized_shape).
        normalized_shape: the sizes of the axes to normalise over.
        weight: w, of `normalized_shape`, or None for 1.
        bias: b, of `normalized_shape`, or None for 0.
        eps: added to the variance.

    Raises:
        RuntimeError: the shapes or dtypes do not fit.
        TypeError: `normalized_shape` is no sequence of ints.

    Ref: Ba, Kiros, Hinton, "Layer Normalization", 2016.
    """
    op = "layer_norm"
    _check(op, input, weight, bias)
    if not isinstance(normalized_shape, Sequence):
        raise TypeError(f"{op}: expected normalized_shape as a sequence of ints, got {normalized_shape!r}")
    sizes = normalize_shape(op, (normalized_shape,))
    if not sizes or input.shape[-len(sizes) :] != sizes:
        raise RuntimeError(f"{op}: expected input (..., *normalized_shape) with {sizes}, got {input.shape}")
    for name, vector in (("weight", weight), ("bias", bias)):
        if vector is not None and vector.shape != sizes:
            raise RuntimeError(f"{op}: expected {name} of normalized_shape {sizes}, got {vector.shape}")
    return ops.layer_norm(input, weight, bias, normalized_shape=sizes, eps=eps)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Compute y = w · (x − mean) / √(var + eps) + b with mean and biased variance over groups of channels of an image.

    Args:
        input: (N, C, ...).
        num_groups: how many groups C is split into.
        weight: w, (C,), or None for 1.
        bias: b, (C,), or None for 0.
        eps: added to the variance.

    Raises:
        RuntimeError: the shapes or dtypes do not fit, or `num_groups` does not divide C.
        ValueError: one value per group only.

    Ref: Wu, He, "Group Normalization", 2018.
    """
    op = "group_norm"
    _check(op, input, weight, bias)
    if input.ndim < 2:
        raise RuntimeError(f"{op}: expected input (N, C, ...), got {input.shape}")
    channels = input.shape[1]
    if num_groups < 1 or channels % num_groups:
        raise RuntimeError(
            f"{op}: expected num_groups ≥ 1 that divides the {channels} channels of input {input.shape}, "
            f"got {num_groups}"
        )
    for name, vector in (("weight", weight), ("bias", bias)):
        if vector is not None and vector.shape != (channels,):
            raise RuntimeError(f"{op}: expected {name} ({channels},) for input {input.shape}, got {vector.shape}")
    _check_several(op, input.shape, input.shape[0] * channels // num_groups * math.prod(input.shape[2:]))
    return ops.group_norm(input, weight, bias, num_groups=num_groups, eps=eps)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Compute y = w · (x − mean) / √(var + eps) + b for each channel of each example.

    With `use_input_stats`, mean and (biased) variance are those of the channel, and the running ones, where given, move
    toward their means over the batch, with the unbiased variance; otherwise the running ones are used.

    Args:
        input: (N, C, L) or (N, C, H, W).
        running_mean: (C,) or None; needed unless `use_input_stats`.
        running_var: (C,), or None if `running_mean` is.
        weight: w, (C,), or None for 1.
        bias: b, (C,), or None for 0.
        use_input_stats: whether to use the input's own statistics.
        momentum: the share of the input in the running statistics.
        eps: added to the variance.

    Raises:
        ValueError: one value per channel only.
        RuntimeError: the shapes or dtypes do not fit, running statistics are missing or require a gradient.

    Ref: Ulyanov, Vedaldi, Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.
    """
    op = "instance_norm"
    _check_batch_norm(op, input, running_mean, running_var, weight, bias)
    tracked = running_mean is not None and running_var is not None
    if (running_mean is None) != (running_var is None) or not (use_input_stats or tracked):
        raise RuntimeError(
            f"{op}: expected both running_mean and running_var, or neither and use_input_stats=True"
        )  # fmt: skip
    if not use_input_stats:
        return ops.batch_norm(input, weight, bias, running_mean, running_var, eps=eps)
    count = math.prod(input.shape[2:])
    _check_several(op, input.shape, count)
    channels = input.shape[1] or 1  # an empty input has no group to be cut into
    y: Tensor = ops.group_norm(input, weight, bias, num_groups=channels, eps=eps)
    if running_mean is not None and running_var is not None and input.numel():
        rows = input.array.reshape(*input.shape[:2], count)
        _, means, variances = kernels.standardize(rows, dims=(2,), eps=eps)
        mean, var = (each.reshape(rows.shape[:2]).mean(0) for each in (means, variances))
        _follow(running_mean, running_var, mean, var, count, momentum)
    return y


def _check(op: str, input: Tensor, weight: Tensor | None, bias: Tensor | None) -> None:
    """Raise unless the operands are floating-point tensors of one dtype."""
    check_floating(op, "input", input)
    check_one_dtype(op, input=input, weight=weight, bias=bias)


def _check_several(op: str, shape: Shape, count: int) -> None:
    """Raise a ValueError if there is one value only to take a variance of."""
    if count == 1:
        raise ValueError(f"{op}: expected more than one value per channel to normalise over, got input {shape}")
