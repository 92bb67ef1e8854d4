"""Functions that make tensors: from data, constant, counting, random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from tinygrad_cnn._arrays import to_array
from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._dtypes import as_dtype, get_default_dtype, int64, is_floating
from tinygrad_cnn._types import Array, DType, Scalar, Shape
from tinygrad_cnn.autograd import wrap
from tinygrad_cnn.device import require_cpu
from tinygrad_cnn.random import Generator, default_generator
from tinygrad_cnn.tensor import Tensor


def _make(array: Array, requires_grad: bool = False, device: Any = None) -> Tensor:
    require_cpu("device", device)
    result = wrap(array)
    assert isinstance(result, Tensor)
    if requires_grad:
        result.requires_grad = True
    return result


def _dtype(dtype: npt.DTypeLike | None) -> DType:
    return get_default_dtype() if dtype is None else as_dtype(dtype)


def tensor(data: Any, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor with a copy of `data`: numbers, nested sequences, an array or a tensor.

    Python floats become the default dtype (float32) and integers int64; arrays keep their dtype.
    """
    return _make(to_array(data, dtype, copy=True), requires_grad, device)


def as_tensor(data: Any, *, dtype: npt.DTypeLike | None = None, device: Any = None) -> Tensor:
    """Return `data` as a tensor, sharing memory with an array of the right dtype; a tensor of it comes back as is."""
    if isinstance(data, Tensor):
        return data.to(data.dtype if dtype is None else dtype, device=device)
    return _make(to_array(data, dtype, copy=False), device=device)


def from_numpy(ndarray: Array) -> Tensor:
    """Return a tensor that shares memory with `ndarray`.

    Raises:
        TypeError: not an array, or of a dtype that is not supported.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: expected an ndarray, got {type(ndarray).__name__}")
    as_dtype(ndarray.dtype)
    return _make(ndarray)


def _shape(op: str, sizes: tuple[Any, ...], size: Any = None) -> Shape:
    """Return the sizes, given one by one, as one sequence, or by the keyword `size`."""
    shape = normalize_shape(op, sizes if size is None else (*sizes, size))
    if any(length < 0 for length in shape):
        raise RuntimeError(f"{op}: expected sizes of at least 0, got {shape}")
    return shape


def zeros(
    *sizes: Any, size: Any = None, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of zeros; sizes one by one or as a sequence."""
    return _make(np.zeros(_shape("zeros", sizes, size), _dtype(dtype)), requires_grad, device)


def ones(
    *sizes: Any, size: Any = None, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of ones; sizes one by one or as a sequence."""
    return _make(np.ones(_shape("ones", sizes, size), _dtype(dtype)), requires_grad, device)


def empty(
    *sizes: Any, size: Any = None, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor whose values are whatever the memory held."""
    return _make(np.empty(_shape("empty", sizes, size), _dtype(dtype)), requires_grad, device)


def full(
    size: Any, fill_value: Scalar | Tensor, *, dtype: npt.DTypeLike | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor of `fill_value`, whose type sets the dtype unless one is given.

    Raises:
        RuntimeError: the value does not fit into `dtype`.
    """
    value = _number("full", "fill_value", fill_value)
    wanted = to_array(fill_value, copy=False).dtype if dtype is None else as_dtype(dtype)
    shape = _shape("full", (size,))
    try:
        with np.errstate(over="raise", invalid="raise"):
            return _make(np.full(shape, value, wanted), requires_grad, device)
    except (ArithmeticError, ValueError):
        raise RuntimeError(f"full: expected a value that fits into {wanted}, got {value}") from None


def eye(
    n: int, m: int | None = None, *, dtype: npt.DTypeLike | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return an (n, m) matrix, (n, n) by default, with ones on the diagonal and zeros elsewhere."""
    rows, columns = _shape("eye", (n, n if m is None else m))
    return _make(np.eye(rows, columns, dtype=_dtype(dtype)), requires_grad, device)


def arange(
    start: Scalar | Tensor = 0, end: Scalar | Tensor | None = None, step: Scalar | Tensor = 1, *,
    dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False,
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
    return _make((low + np.arange(length) * by).astype(wanted), requires_grad, device)


def linspace(
    start: Scalar | Tensor, end: Scalar | Tensor, steps: int, *, dtype: npt.DTypeLike | None = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return `steps` numbers at even distances from `start` to `end`, both included.

    The second half is counted back from `end`, so that it is met exactly. Integer dtypes truncate.

    Raises:
        RuntimeError: `steps` is negative.
    """
    wanted = _dtype(dtype)
    (count,) = _shape("linspace", (steps,))
    low, high = _number("linspace", "start", start), _number("linspace", "end", end)
    if not is_floating(wanted):
        low, high = int(low), int(high)
    places = np.arange(count)
    step = (high - low) / max(count - 1, 1)
    values = np.where(places < max(count // 2, 1), low + step * places, high - step * (count - 1 - places))
    return _make(values.astype(wanted), requires_grad, device)


def _number(op: str, name: str, value: object) -> Scalar:
    """Return `value`, a number or a tensor of one element, as a Python number."""
    if isinstance(value, Tensor | np.generic):
        value = value.item()
    if not isinstance(value, int | float):
        raise TypeError(f"{op}: expected {name} as a number, got {type(value).__name__}")
    return value


def randn(
    *sizes: Any, size: Any = None, generator: Generator | None = None, dtype: npt.DTypeLike | None = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples of N(0, 1)."""
    source = default_generator if generator is None else generator
    return _make(source.normal(_shape("randn", sizes, size), _floating("randn", dtype)), requires_grad, device)


def rand(
    *sizes: Any, size: Any = None, generator: Generator | None = None, dtype: npt.DTypeLike | None = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples from the uniform distribution on [0, 1)."""
    source = default_generator if generator is None else generator
    return _make(source.uniform(_shape("rand", sizes, size), _floating("rand", dtype)), requires_grad, device)


def _floating(op: str, dtype: npt.DTypeLike | None) -> DType:
    found = _dtype(dtype)
    if not is_floating(found):
        raise RuntimeError(f"{op}: expected a floating-point dtype, got {found}")
    return found


def randint(
    low: int = 0, high: int | Any = None, size: Any = None, *, generator: Generator | None = None,
    dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return integers drawn evenly from [low, high); ``randint(high, size)`` draws from [0, high).

    Raises:
        RuntimeError: there is no integer from `low` to below `high`, or `dtype` does not hold them all.
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    low, high = normalize_shape("randint", (low, high))
    if low >= high:
        raise RuntimeError(f"randint: expected low < high, got {low} and {high}")
    wanted = _holding("randint", (low, high - 1), dtype)
    source = default_generator if generator is None else generator
    values = source.numpy.integers(low, high, _shape("randint", (size,)))
    return _make(np.asarray(values).astype(wanted), requires_grad, device)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: npt.DTypeLike | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the integers 0 … n − 1 in random order.

    Raises:
        RuntimeError: `n` is negative, or `dtype` does not hold n − 1.
    """
    (length,) = _shape("randperm", (n,))
    wanted = _holding("randperm", (0, max(length - 1, 0)), dtype)
    source = default_generator if generator is None else generator
    return _make(source.numpy.permutation(length).astype(wanted), requires_grad, device)


def _holding(op: str, values: tuple[int, int], dtype: npt.DTypeLike | None) -> DType:
    """Return `dtype`, int64 by default, checked to hold `values`."""
    wanted = int64 if dtype is None else as_dtype(dtype)
    for value in values:
        if wanted.kind in "iu" and not np.iinfo(wanted).min <= value <= np.iinfo(wanted).max:
            raise RuntimeError(f"{op}: expected numbers that fit into {wanted}, got {value}")
    return wanted


def zeros_like(
    input: Tensor, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return zeros of the shape and dtype of `input`."""
    shape, wanted = _like("zeros_like", input, dtype)
    return zeros(shape, dtype=wanted, device=device, requires_grad=requires_grad)


def ones_like(
    input: Tensor, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return ones of the shape and dtype of `input`."""
    shape, wanted = _like("ones_like", input, dtype)
    return ones(shape, dtype=wanted, device=device, requires_grad=requires_grad)


def empty_like(
    input: Tensor, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of the shape and dtype of `input` whose values are whatever the memory held."""
    shape, wanted = _like("empty_like", input, dtype)
    return empty(shape, dtype=wanted, device=device, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Scalar | Tensor, *, dtype: npt.DTypeLike | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor of `fill_value` of the shape and dtype of `input`."""
    shape, wanted = _like("full_like", input, dtype)
    return full(shape, fill_value, dtype=wanted, device=device, requires_grad=requires_grad)


def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: npt.DTypeLike | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples from the uniform distribution on [0, 1), of the shape and dtype of `input`."""
    shape, wanted = _like("rand_like", input, dtype)
    return rand(shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)


def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: npt.DTypeLike | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples of N(0, 1), of the shape and dtype of `input`."""
    shape, wanted = _like("randn_like", input, dtype)
    return randn(shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)


def randint_like(
    input: Tensor, low: int, high: int | None = None, *, generator: Generator | None = None,
    dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return integers drawn evenly from [low, high), or from [0, low), of the shape and dtype of `input`."""
    shape, wanted = _like("randint_like", input, dtype)
    return randint(low, high, shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)


def _like(op: str, input: Tensor, dtype: npt.DTypeLike | None) -> tuple[Shape, DType]:
    """Return the shape of `input`, and `dtype` or its own."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{op}: expected input as a tensor, got {type(input).__name__}")
    return input.shape, input.dtype if dtype is None else as_dtype(dtype)
