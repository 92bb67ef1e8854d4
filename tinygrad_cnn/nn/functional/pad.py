"""Padding."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn import ops
from tinygrad_cnn._checks import MOST, check_room, per_axis
from tinygrad_cnn._dtypes import check_real
from tinygrad_cnn._types import Scalar
from tinygrad_cnn.nn.functional._operands import check_tensors
from tinygrad_cnn.tensor import Tensor

__all__ = ["pad"]

_MODES = ("constant", "reflect", "replicate", "circular")


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Add positions before and after the last axes.

    Args:
        input: any shape with "constant"; otherwise 2 to 5 axes, of which the first one or two are not padded.
        pad: (before, after) for the last axis, then for the second-last, and so on: (left, right, top, bottom).
            A negative number cuts positions off.
        mode: "constant" adds `value`; "reflect" mirrors the input without repeating its border; "replicate" repeats
            the border; "circular" continues from the other end, at most once around.
        value: the value that "constant" adds; 0 by default.

    Returns:
        The padded tensor. The gradient of a copied element is added to that of its source.

    Raises:
        RuntimeError: `pad` has an odd length or more entries than axes; an axis would get a negative length; "reflect"
            or "circular" would reach beyond the far border; or `value` is given and the mode does not use it.
        NotImplementedError: an unknown `mode`, or a number of axes that the mode does not support.
    """
    check_tensors("pad", input=input)
    check_real("pad", value)
    widths = per_axis("pad", "pad", pad, len(pad), least=-MOST) if pad else ()
    if len(widths) % 2 or len(widths) > 2 * input.ndim:
        raise RuntimeError(
            f"pad: expected (before, after) for at most the {input.ndim} axes of input {input.shape}, from the last "
            f"one on, got {tuple(pad)}"
        )
    axes = len(widths) // 2
    padding = tuple([(0, 0)] * (input.ndim - axes) + [(widths[i], widths[i + 1]) for i in range(2 * axes - 2, -1, -2)])
    if mode not in _MODES:
        raise NotImplementedError(f"pad: expected mode as one of {', '.join(_MODES)}, got {mode!r}")
    if mode != "constant":
        _check_copies(input, padding, axes, mode, value)
    shape = [size + before + after for size, (before, after) in zip(input.shape, padding, strict=True)]
    if min(shape, default=0) < 0:
        raise RuntimeError(f"pad: expected to cut off no more than input {input.shape} has, got {tuple(pad)}")
    check_room("pad", shape)
    return ops.pad(input, padding=padding, mode=mode, value=_in_dtype(input, value or 0))


def _in_dtype(input: Tensor, value: Scalar) -> Scalar:
    """Return `value` converted to the dtype of `input`."""
    return value if input.dtype.kind == "f" else input.dtype.type(value).item()


def _check_copies(input: Tensor, padding: Sequence[tuple[int, ...]], axes: int, mode: str, value: float | None) -> None:
    """Raise unless `mode` can pad `input`: it needs elements to copy from."""
    if value:
        raise RuntimeError(f"pad: expected no value with mode={mode!r}, got {value}")
    if not (axes in (1, 2, 3) and input.ndim in (axes + 1, axes + 2)):
        raise NotImplementedError(
            f"pad: expected mode={mode!r} to pad the last 1, 2 or 3 axes, with one or two in front, got {axes} padded "
            f"of input {input.shape}"
        )
    for size, (before, after) in zip(input.shape[-axes:], padding[-axes:], strict=True):
        reach, kept = max(before, after), size + min(before, 0) + min(after, 0)
        if not size or (mode == "reflect" and reach >= size) or (mode == "circular" and reach > max(kept, 0)):
            raise RuntimeError(
                f"pad: expected mode={mode!r} to have elements to copy from, got padding {(before, after)} on an axis "
                f"of {size} of input {input.shape}"
            )
