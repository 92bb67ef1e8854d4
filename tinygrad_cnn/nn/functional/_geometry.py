"""The geometry of windows: check the arguments against the input and bring them to the form that the operations take.

That form is a tuple with one entry for each axis that windows slide along: an int for a size or step, a pair for a
padding.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import Any, TypeAlias, TypeVar, TypeVarTuple

from tinygrad_cnn import kernels, ops
from tinygrad_cnn._checks import check_room, per_axis
from tinygrad_cnn._types import Pair, Shape
from tinygrad_cnn.tensor import Tensor

Size: TypeAlias = int | Sequence[int]
Padding: TypeAlias = tuple[Pair, ...]
Windows: TypeAlias = dict[str, Any]
"""Keyword arguments of an operation with windows: kernel_size, stride, padding, dilation, groups."""

AXES = {1: "L", 2: "H, W"}
"""The letters in messages for the axes that windows slide along."""

Ts = TypeVarTuple("Ts")
R = TypeVar("R")


def remembered(function: Callable[[*Ts], R]) -> Callable[[*Ts], R]:
    """Cache the results of the decorated function: a layer calls it with the same arguments at every step.

    Results are kept for ints, strings, None and tuples of ints; other arguments, such as lists, are computed anew.
    """

    @lru_cache(maxsize=1024)
    def cached(_exact: bytes, args: tuple[*Ts]) -> R:
        return function(*args)

    @wraps(function)
    def call(*args: *Ts) -> R:
        known: Any = args
        try:
            return cached(marshal.dumps(known, 2), known)  # 1, 1.0 and True are equal as keys, but not as bytes
        except (TypeError, ValueError):  # not hashable or not known to marshal; or an error that is raised again
            pass
        return function(*args)

    return call


def batched(input: Tensor, axes: int, op: str) -> Tensor:
    """Return `input` with a batch axis, added if it has none.

    Raises:
        RuntimeError: `input` has neither `axes` + 1 nor `axes` + 2 axes, or an axis other than the batch's is empty.
    """
    if input.ndim not in (axes + 1, axes + 2):
        raise RuntimeError(f"{op}: expected input (N, C, {AXES[axes]}) or (C, {AXES[axes]}), got {input.shape}")
    if 0 in input.shape[-axes - 1 :]:
        raise RuntimeError(f"{op}: expected no empty axis but the batch, got input {input.shape}")
    return input if input.ndim == axes + 2 else ops.unsqueeze(input, 0)


def unbatched(output: Tensor, input: Tensor, axes: int) -> Tensor:
    """Return `output` without the batch axis that was added if `input` had none."""
    return output if input.ndim == axes + 2 else ops.squeeze(output, 0)


def resolve_padding(
    op: str, padding: str | Size, kernel_size: Shape, stride: Shape, dilation: Shape,
    *, error: type[Exception] = ValueError,
) -> Padding:  # fmt: skip
    """Return `padding` as (before, after) for each axis.

    Raises:
        error: `padding` is negative or unknown, or "same" with a stride.
    """
    axes = len(kernel_size)
    if not isinstance(padding, str):
        return tuple([(zeros, zeros) for zeros in per_axis(op, "padding", padding, axes, least=0, error=error)])
    if padding == "valid":
        return ((0, 0),) * axes
    if padding != "same":
        raise error(f"{op}: expected padding as an int, a pair of ints, 'same' or 'valid', got {padding!r}")
    if any(step != 1 for step in stride):
        raise error(f"{op}: expected stride 1 with padding='same', got stride={stride}")
    spans = [spread * (kernel - 1) for kernel, spread in zip(kernel_size, dilation, strict=True)]
    return tuple([(span // 2, span - span // 2) for span in spans])


@remembered
def pool_windows(
    op: str, shape: Shape, axes: int, kernel_size: Size, stride: Size | None, padding: Size, dilation: Size,
    ceil_mode: bool,
) -> Windows:  # fmt: skip
    """Return the windows of a pooling over an input of `shape`; they are cached, so do not change them.

    Their padding includes what ceil_mode adds.

    Raises:
        RuntimeError: an argument is out of range, or the window is larger than the padded input.
    """
    kernel = per_axis(op, "kernel_size", kernel_size, axes, least=1)
    given = None if stride is None or (isinstance(stride, Sequence) and not stride) else stride
    step = kernel if given is None else per_axis(op, "stride", given, axes, least=1)
    before = per_axis(op, "padding", padding, axes, least=0)
    spread = per_axis(op, "dilation", dilation, axes, least=1)
    if any(zeros > size // 2 for zeros, size in zip(before, kernel, strict=True)):
        raise RuntimeError(f"{op}: expected padding of at most half of kernel_size {kernel}, got {before}")
    sizes = shape[-axes:]
    extents = zip(sizes, reaches(kernel, spread), step, before, strict=True)
    around = tuple([_around(*axis, ceil_mode) for axis in extents])
    check_reach(op, shape, kernel, spread, around)
    check_room(op, [*shape[:-axes], *outputs(sizes, kernel, step, around, spread)])
    return {"kernel_size": kernel, "stride": step, "padding": around, "dilation": spread}


def outputs(sizes: Shape, kernel_size: Shape, stride: Shape, padding: Padding, dilation: Shape) -> Shape:
    """Return the number of windows that fit along each axis."""
    axes = zip(sizes, kernel_size, stride, padding, dilation, strict=True)
    return tuple([kernels.output_size(size, k, s, before, after, d) for size, k, s, (before, after), d in axes])


def reaches(kernel_size: Shape, dilation: Shape) -> Shape:
    """Return the extent of a window along each axis, the gaps of its dilation included."""
    return tuple([spread * (kernel - 1) + 1 for kernel, spread in zip(kernel_size, dilation, strict=True)])


def check_reach(op: str, shape: Shape, kernel_size: Shape, dilation: Shape, padding: Padding) -> None:
    """Raise a RuntimeError unless the windows fit into the padded input."""
    reach = reaches(kernel_size, dilation)
    padded = tuple([size + sum(around) for size, around in zip(shape[-len(reach) :], padding, strict=True)])
    if any(extent > size for extent, size in zip(reach, padded, strict=True)):
        why = f" (kernel_size {kernel_size}, dilation {dilation})" if reach != kernel_size else ""
        raise RuntimeError(
            f"{op}: expected a window no larger than the padded input, got a window of {reach}{why} on {padded}, from "
            f"input {shape}; use a smaller kernel_size, more padding or a larger input"
        )


def _around(size: int, reach: int, stride: int, padding: int, ceil_mode: bool) -> Pair:
    """Return the padding before and after one axis; with ceil_mode, the padding after grows to hold the last window."""
    if not ceil_mode:
        return padding, padding
    outputs = kernels.output_size(size, reach, stride, padding, padding + stride - 1, 1)
    if (outputs - 1) * stride >= size + padding:  # a window must start on the input or on the padding before it
        outputs -= 1
    return padding, max(padding, (outputs - 1) * stride + reach - size - padding)
