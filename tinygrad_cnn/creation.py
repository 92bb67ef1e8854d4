"""Functions that make tensors: from data, constant, counting. The random ones are in `drawing`."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from tinygrad_cnn._arrays import to_array
from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._dtypes import as_dtype, get_default_dtype, int64, is_floating
from tinygrad_cnn._types import Array, DType, DTypeLike, Scalar, Shape, Sizes
from tinygrad_cnn.autograd import wrap
from tinygrad_cnn.device import DeviceLike, require_cpu
from tinygrad_cnn.tensor import Tensor


def make(array: Array, requires_grad: bool = False, device: DeviceLike = None) -> Tensor:
    """Return a leaf over `array`."""
    require_cpu("device", device)
    result = cast(Tensor, wrap(array))
    if requires_grad:
        result.requires_grad = True
    return result


def dtype_or_default(dtype: DTypeLike) -> DType:
    """Return `dtype`, by default that of Python floats."""
    return get_default_dtype() if dtype is None else as_dtype(dtype)


def tensor(data: object, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor with a copy of `data`: numbers, nested sequences, an array or a tensor.

    Python floats become the default dtype (float32) and integers int64; arrays keep their dtype.
    """
    return make(to_array(data, dtype, copy=True), requires_grad, device)


def as_tensor(data: object, *, dtype: DTypeLike = None, device: DeviceLike = None) -> Tensor:
    """Return `data` as a tensor, sharing memory with an array of the right dtype; such a tensor is returned itself."""
    if isinstance(data, Tensor):
        return data.to(data.dtype if dtype is None else dtype, device=device)
    return make(to_array(data, dtype, copy=False), device=device)


def from_numpy(ndarray: Array) -> Tensor:
    """Return a tensor that shares memory with `ndarray`.

    Raises:
        TypeError: not an array, or of a dtype that is not supported.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: expected an ndarray, got {type(ndarray).__name__}")
    as_dtype(ndarray.dtype)
    return make(ndarray)


def sizes_of(op: str, sizes: tuple[Sizes, ...], size: Sizes | None = None) -> Shape:
    """Return the sizes, given one by one, as one sequence, or by the keyword `size`."""
    shape = normalize_shape(op, sizes if size is None else (*sizes, size))
    if any(length < 0 for length in shape):
        raise RuntimeError(f"{op}: expected sizes of at least 0, got {shape}")
    return shape


def zeros(
    *sizes: Sizes,
    size: Sizes | None = None,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of zeros; sizes one by one or as a sequence."""
    return make(np.zeros(sizes_of("zeros", sizes, size), dtype_or_default(dtype)), requires_grad, device)


def ones(
    *sizes: Sizes,
    size: Sizes | None = None,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of ones; sizes one by one or as a sequence."""
    return make(np.ones(sizes_of("ones", sizes, size), dtype_or_default(dtype)), requires_grad, device)


def empty(
    *sizes: Sizes,
    size: Sizes | None = None,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor whose values are whatever the memory held."""
    return make(np.empty(sizes_of("empty", sizes, size), dtype_or_default(dtype)), requires_grad, device)


def full(
    size: Sizes, fill_value: Scalar | Tensor, *, dtype: DTypeLike = None, device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor of `fill_value`, whose type sets the dtype unless one is given.

    Raises:
        RuntimeError: the value does not fit into `dtype`.
    """
    value = _number("full", "fill_value", fill_value)
    wanted = to_array(fill_value, copy=False).dtype if dtype is None else as_dtype(dtype)
    shape = sizes_of("full", (size,))
    try:
        with np.errstate(over="raise", invalid="raise"):
            return make(np.full(shape, value, wanted), requires_grad, device)
    except (ArithmeticError, ValueError):
        raise RuntimeError(f"full: expected a value that fits into {wanted}, got {value}") from None


def eye(
    n: int, m: int | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return an (n, m) matrix, (n, n) by default, with ones on the diagonal and zeros elsewhere."""
    rows, columns = sizes_of("eye", (n, n if m is None else m))
    return make(np.eye(rows, columns, dtype=dtype_or_default(dtype)), requires_grad, device)


def arange(
    start: Scalar | Tensor = 0, end: Scalar | Tensor | None = None, step: Scalar | Tensor = 1, *,
    dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return start + i · step for i = 0 … ⌈(end − start) / step⌉ − 1; ``arange(n)`` counts from 0.

    Integers give int64, any float the default dtype. Rounding may add a last element at `end` for fractional steps.
    With an integer `dtype` the arguments are truncated first.

    Raises:
        RuntimeError: `step` is 0 or points away from `end`, or a limit is not finite.
    """
    given = (0, start, step) if end is None else (start, end, step)
    low, high, by = [_number("arange", name, one) for name, one in zip(("start", "end", "step"), given, strict=True)]
    integers = all(isinstance(value, int) for value in (low, high, by))
    wanted = as_dtype(dtype) if dtype is not None else int64 if integers else get_default_dtype()
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"arange: expected finite limits, got {low} and {high}")
    distance = (high - low) / by if by else 0  # before truncation: PyTorch truncates for the length of int64 only
    if not is_floating(wanted):
        low, high, by = int(low), int(high), int(by)
    if not by:
        raise RuntimeError(f"arange: expected a step other than 0, got {given[2]}")
    if (high - low) * by < 0:
        raise RuntimeError(f"arange: expected a step that leads from {low} to {high}, got {by}")
    length = -((low - high) // by) if wanted == int64 else math.ceil(distance)
    return make((low + np.arange(length) * by).astype(wanted), requires_grad, device)


def linspace(
    start: Scalar | Tensor, end: Scalar | Tensor, steps: int, *, dtype: DTypeLike = None,
    device: DeviceLike = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return `steps` numbers at even distances from `start` to `end`, both included.

    The second half is counted back from `end`, so that it is met exactly. Integer dtypes truncate.

    Raises:
        RuntimeError: `steps` is negative.
    """
    wanted = dtype_or_default(dtype)
    (count,) = sizes_of("linspace", (steps,))
    low, high = _number("linspace", "start", start), _number("linspace", "end", end)
    if not is_floating(wanted):
        low, high = int(low), int(high)
    positions = np.arange(count)
    step = (high - low) / max(count - 1, 1)
    values = np.where(positions < max(count // 2, 1), low + step * positions, high - step * (count - 1 - positions))
    return make(values.astype(wanted), requires_grad, device)


def _number(op: str, name: str, value: object) -> Scalar:
    """Return `value`, a number or a tensor of one element, as a Python number."""
    if isinstance(value, Tensor | np.generic):
        value = value.item()
    if not isinstance(value, int | float):
        raise TypeError(f"{op}: expected {name} as a number, got {type(value).__name__}")
    return value


def zeros_like(
    input: Tensor, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Return zeros of the shape and dtype of `input`."""
    shape, wanted = shape_and_dtype("zeros_like", input, dtype)
    return zeros(shape, dtype=wanted, device=device, requires_grad=requires_grad)


def ones_like(
    input: Tensor, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Return ones of the shape and dtype of `input`."""
    shape, wanted = shape_and_dtype("ones_like", input, dtype)
    return ones(shape, dtype=wanted, device=device, requires_grad=requires_grad)


def empty_like(
    input: Tensor, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of the shape and dtype of `input` whose values are whatever the memory held."""
    shape, wanted = shape_and_dtype("empty_like", input, dtype)
    return empty(shape, dtype=wanted, device=device, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Scalar | Tensor, *, dtype: DTypeLike = None, device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor of `fill_value` of the shape and dtype of `input`."""
    shape, wanted = shape_and_dtype("full_like", input, dtype)
    return full(shape, fill_value, dtype=wanted, device=device, requires_grad=requires_grad)


def shape_and_dtype(op: str, input: Tensor, dtype: DTypeLike) -> tuple[Shape, DType]:
    """Return the shape of `input`, and `dtype` or its own."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{op}: expected input as a tensor, got {type(input).__name__}")
    return input.shape, input.dtype if dtype is None else as_dtype(dtype)
