"""Which elements occur, how often, and where: results whose shape depends on the values, without gradients."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np

from tinygrad_cnn._checks import normalize_dim
from tinygrad_cnn._types import Array, Scalar
from tinygrad_cnn.autograd import Operand, T, Values, Variable, primitive
from tinygrad_cnn.ops.indexing import getitem
from tinygrad_cnn.ops.selection import where as _choose
from tinygrad_cnn.ops.shape import with_axes


@primitive(differentiable=False)
def _nonzero(x: Array) -> Array:
    return np.argwhere(x)


@overload
def nonzero(input: T, *, as_tuple: Literal[False] = False) -> T: ...
@overload
def nonzero(input: T, *, as_tuple: Literal[True]) -> tuple[T, ...]: ...
@overload
def nonzero(input: T, *, as_tuple: bool) -> T | tuple[T, ...]: ...
def nonzero(input: T, *, as_tuple: bool = False) -> T | tuple[T, ...]:
    """Return the indices of the nonzero elements, in row-major order.

    Args:
        input: any shape.
        as_tuple: return one vector of indices for each axis, as ``input[...]`` takes them, instead of a matrix with a
            row for each element.
    """
    if not as_tuple:
        return _nonzero(input)
    positions = _nonzero(with_axes(input))
    return tuple([getitem(positions, (slice(None), i)) for i in range(positions.shape[1])])


@overload
def where(condition: T) -> tuple[T, ...]: ...
@overload
def where(condition: Values, input: T, other: Operand) -> T: ...
@overload
def where(condition: Values, input: Scalar, other: T) -> T: ...
@overload
def where(condition: T, input: Scalar, other: Scalar) -> T: ...
@overload
def where(condition: Values, input: Operand | None, other: Operand | None) -> object: ...
def where(condition: Any, input: Operand | None = None, other: Operand | None = None) -> object:
    """Choose `input` where `condition` holds and `other` elsewhere; without them, return the indices where it holds.

    Each of the two gets the gradient where it was chosen. ``where(mask)`` is ``nonzero(mask, as_tuple=True)``.
    """
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError("where: expected input and other, or neither of them")
    return _choose(condition, input, other)


def _counted(x: Array, weights: Array | None, *, minlength: int) -> Array:
    counts = np.bincount(x, weights, minlength)
    return counts if weights is None or weights.dtype != np.float32 else counts.astype(np.float32)


@primitive(_counted, differentiable=False)
def _bincount(x: T, weights: Values | None, *, minlength: int) -> T: ...


def bincount(input: T, weights: Values | None = None, minlength: int = 0) -> T:
    """Count how often each of 0, 1, 2, … occurs.

    Args:
        input: a vector of non-negative integers.
        weights: what each occurrence adds, 1 by default; sums are float64, or float32 for float32.
        minlength: the least length of the result, which is otherwise one more than the largest integer.

    Raises:
        RuntimeError: `input` is not a vector of non-negative integers, or `weights` has another shape.
    """
    if input.ndim != 1 or input.dtype.kind not in "iu":
        raise RuntimeError(f"bincount: expected a vector of integers, got shape {input.shape} of {input.dtype}")
    if weights is not None and weights.shape != input.shape:
        raise RuntimeError(f"bincount: expected weights of shape {input.shape}, got {weights.shape}")
    if minlength < 0:
        raise RuntimeError(f"bincount: expected minlength of at least 0, got {minlength}")
    values = input.array if isinstance(input, Variable) else input
    if values.size and values.min() < 0:
        raise RuntimeError(f"bincount: expected integers of at least 0, got {values.min()}")
    return _bincount(input, weights, minlength=minlength)


@primitive(differentiable=False)
def _unique(x: Array, *, dim: int | None, output: int) -> Array:
    found = np.unique(x, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    if output == 1:
        return found[1].reshape(x.shape if dim is None else -1)
    return found[output]


def unique(
    input: T,
    sorted: bool = True,  # noqa: ARG001
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Return each element once, or each slice along `dim`, in order.

    Args:
        input: any shape.
        sorted: accepted for PyTorch's sake; the result is always in order.
        return_inverse: also return the index in the result of each element, or slice, of the input.
        return_counts: also return how often each occurs.
        dim: the axis along which slices are compared; by default, single elements are compared.

    Returns:
        The elements, or a tuple of them, the indices and the counts, as requested.
    """
    axis = None if dim is None else normalize_dim("unique", dim, input.ndim)
    outputs = [0, *([1] if return_inverse else []), *([2] if return_counts else [])]
    x = input if axis is None else with_axes(input)
    found = tuple([_unique(x, dim=axis, output=output) for output in outputs])
    return found if len(found) > 1 else found[0]
