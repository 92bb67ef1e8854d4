"""Normalisation: over a batch, a layer, groups of channels or neighbouring channels, and of vectors to length 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinygrad_cnn import kernels, ops
from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd.versions import record_writes
from tinygrad_cnn.nn.functional._operands import check_floating, check_one_dtype
from tinygrad_cnn.nn.functional.pool import avg_pool2d
from tinygrad_cnn.tensor import Tensor

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize"]


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
    variance. In evaluation, the running statistics are used, as constants.

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
        ValueError: in training, a channel has only one value, or `eps` ≤ 0; or only one running statistic is given.
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
    y = ops.batch_norm(input, weight, bias, None, None, eps=eps)
    if running_mean is not None and running_var is not None and input.array.size:
        _follow(running_mean, running_var, *_batch_statistics(y, input), count, momentum)
    return y


def _are_plain(input: object, *vectors: object) -> bool:
    """Return True only if the operands fit: a quick test that nearly every call passes.

    `vectors` are the running statistics, which may not require a gradient, and the weight and the bias.
    """
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
        if i < 2 and one._requires_grad:
            return False
    return True


def _check_batch_norm(
    op: str, input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None,
    bias: Tensor | None,
) -> None:  # fmt: skip
    """Raise unless the operands of batch or instance normalisation fit."""
    _check(op, input, weight, bias)
    if input.ndim < 2:
        raise IndexError(f"{op}: expected input (N, C, ...), got {input.shape}")
    channels = (input.shape[1],)
    running = {"running_mean": running_mean, "running_var": running_var}
    _check_shapes(op, channels, f"{channels} for input {input.shape}", **running, weight=weight, bias=bias)
    check_one_dtype(op, input=input, **running)
    if any(vector is not None and vector.requires_grad for vector in running.values()):
        raise RuntimeError(f"{op}: expected running statistics that require no gradient; detach them")


def _batch_statistics(y: Tensor, input: Tensor) -> tuple[Array, Array]:
    """Return the mean and biased variance of the batch, from the node of `y` if it keeps them, else computed again."""
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
        TypeError: `normalized_shape` is not a sequence of ints.

    Ref: Ba, Kiros, Hinton, "Layer Normalization", 2016.
    """
    op = "layer_norm"
    _check(op, input, weight, bias)
    if not isinstance(normalized_shape, Sequence):
        raise TypeError(f"{op}: expected normalized_shape as a sequence of ints, got {normalized_shape!r}")
    sizes = normalize_shape(op, (normalized_shape,))
    if not sizes or input.shape[-len(sizes) :] != sizes:
        raise RuntimeError(f"{op}: expected input (..., *normalized_shape) with {sizes}, got {input.shape}")
    _check_shapes(op, sizes, f"of normalized_shape {sizes}", weight=weight, bias=bias)
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
        ValueError: a group has only one value.

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
    _check_shapes(op, (channels,), f"({channels},) for input {input.shape}", weight=weight, bias=bias)
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

    With `use_input_stats`, mean and (biased) variance are those of the channel, and the running statistics, where
    given, move toward their means over the batch, with the unbiased variance. Without it the running statistics are
    used.

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
        ValueError: a channel has only one value.
        RuntimeError: the shapes or dtypes do not fit, running statistics are missing or require a gradient.

    Ref: Ulyanov, Vedaldi, Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.
    """
    op = "instance_norm"
    _check_batch_norm(op, input, running_mean, running_var, weight, bias)
    if (running_mean is None) != (running_var is None) or not (use_input_stats or running_mean is not None):
        raise RuntimeError(f"{op}: expected both running_mean and running_var, or neither and use_input_stats=True")
    if not use_input_stats:
        return ops.batch_norm(input, weight, bias, running_mean, running_var, eps=eps)
    count = math.prod(input.shape[2:])
    _check_several(op, input.shape, count)
    channels = input.shape[1] or 1  # an empty input has no group to be cut into
    y = ops.group_norm(input, weight, bias, num_groups=channels, eps=eps)
    if running_mean is not None and running_var is not None and input.numel():
        rows = input.array.reshape(*input.shape[:2], count)
        _, means, variances = kernels.standardize(rows, dims=(2,), eps=eps)
        mean, var = (each.reshape(rows.shape[:2]).mean(0) for each in (means, variances))
        _follow(running_mean, running_var, mean, var, count, momentum)
    return y


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Compute y[c] = x[c] / (k + alpha · mean of x² over the `size` channels around c)^beta.

    Channels before the first and after the last count as 0.

    Args:
        input: (N, C, ...), floating point.
        size: the number of channels in each mean: ⌊size / 2⌋ before the channel, and the rest from the channel on.
        alpha: the factor of the mean.
        beta: the exponent.
        k: the constant added to the mean.

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
    return input / (means * alpha + k) ** beta


def normalize(input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12) -> Tensor:
    """Compute x / max(‖x‖ₚ, ε) along `dim`.

    A norm below ε, such as that of a vector of zeros, counts as the constant ε: the gradient is then g / ε.

    Args:
        input: any shape, floating point.
        p: the order of the norm; see `ops.norm` for 0 and infinity.
        dim: the axis, or several, along which the elements of a vector lie.
        eps: ε, the least divisor.

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


def _check(op: str, input: Tensor, weight: Tensor | None, bias: Tensor | None) -> None:
    """Raise unless the operands are floating-point tensors of one dtype."""
    check_floating(op, "input", input)
    check_one_dtype(op, input=input, weight=weight, bias=bias)


def _check_several(op: str, shape: Shape, count: int) -> None:
    """Raise a ValueError if there is only one value to take the variance of."""
    if count == 1:
        raise ValueError(f"{op}: expected more than one value per channel to normalise over, got input {shape}")


def _check_shapes(op: str, shape: Shape, wanted: str, **vectors: Tensor | None) -> None:
    """Raise a RuntimeError unless all of `vectors` that are given have `shape`; `wanted` names it in the message."""
    for name, vector in vectors.items():
        if vector is not None and vector.shape != shape:
            raise RuntimeError(f"{op}: expected {name} {wanted}, got {vector.shape}")
