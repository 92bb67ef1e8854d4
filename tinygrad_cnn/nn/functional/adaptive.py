"""Max and average pooling to a given output size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, overload

from tinygrad_cnn import kernels, ops
from tinygrad_cnn._checks import check_room, per_axis
from tinygrad_cnn._types import Pair
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.nn.functional._geometry import batched, unbatched
from tinygrad_cnn.nn.functional._operands import check_floating
from tinygrad_cnn.nn.functional.pool import supplied
from tinygrad_cnn.tensor import Tensor

OutputSize: TypeAlias = int | Sequence[int | None] | None


def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Return means over windows laid out so that the result has `output_size`.

    Place i of OH covers the rows from ⌊i·H/OH⌋ up to ⌈(i+1)·H/OH⌉; where OH does not divide H, windows overlap.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        output_size: OH and OW, one number or a pair; None keeps the input's size.

    Returns:
        (N, C, OH, OW), or (C, OH, OW) for one image.

    Raises:
        RuntimeError: the shape or dtype does not fit, or `output_size` is no pair of numbers of at least 0.
    """
    size = _output_size("adaptive_avg_pool2d", input, output_size)
    return unbatched(ops.adaptive_avg_pool2d(batched(input, 2, "adaptive_avg_pool2d"), output_size=size), input, 2)


@overload
def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Any: ...
def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Return maxima over the windows of `adaptive_avg_pool2d`; the first of equal elements gets the gradient.

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        output_size: OH and OW, one number or a pair; None keeps the input's size.
        return_indices: return also where each maximum was found, as row-major indices into its (H, W) plane.

    Returns:
        (N, C, OH, OW), or (C, OH, OW) for one image; with `return_indices` a pair of these, the second int64.

    Raises:
        RuntimeError: the shape or dtype does not fit, or `output_size` is no pair of numbers of at least 0.
    """
    size = _output_size("adaptive_max_pool2d", input, output_size)
    x = batched(input, 2, "adaptive_max_pool2d")
    y = ops.adaptive_max_pool2d(x, output_size=size)
    if not return_indices:
        return unbatched(y, input, 2)
    places = supplied(y, "places", lambda: kernels.adaptive_max_pool2d(x.array, output_size=(size[0], size[1])))
    return unbatched(y, input, 2), unbatched(from_numpy(places), input, 2)


def _output_size(op: str, input: Tensor, output_size: OutputSize) -> Pair:
    """Return (OH, OW), with the input's sizes in the place of None."""
    check_floating(op, "input", input)
    if input.ndim < 3:
        raise ValueError(f"{op}: expected input (N, C, H, W) or (C, H, W), got {input.shape}")
    given = tuple(output_size) if isinstance(output_size, Sequence) else (output_size, output_size)
    if len(given) != 2:
        raise RuntimeError(f"{op}: expected output_size as an int or a pair of ints, got {output_size!r}")
    sizes = [size if one is None else one for one, size in zip(given, input.shape[-2:], strict=True)]
    oh, ow = per_axis(op, "output_size", sizes, 2, least=0)
    check_room(op, [*input.shape[:-2], oh, ow])
    return oh, ow
