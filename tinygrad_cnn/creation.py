"""Functions that make tensors: from data, constant, counting, random."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._dtypes import as_dtype, get_default_dtype, int64, is_floating
from tinygrad_cnn._types import Array, DType, Scalar
from tinygrad_cnn.autograd import wrap
from tinygrad_cnn.device import Device
from tinygrad_cnn.random import Generator, default_generator
from tinygrad_cnn.tensor import Tensor, to_array


def _make(array: Array, requires_grad: bool = False, device: Any = None) -> Tensor:
    if device is not None:
        Device(device)
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


def zeros(*size: Any, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor of zeros; sizes one by one or as a sequence."""
    return _make(np.zeros(normalize_shape("zeros", size), _dtype(dtype)), requires_grad, device)


def ones(*size: Any, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor of ones; sizes one by one or as a sequence."""
    return _make(np.ones(normalize_shape("ones", size), _dtype(dtype)), requires_grad, device)


def empty(*size: Any, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor whose values are whatever the memory held."""
    return _make(np.empty(normalize_shape("empty", size), _dtype(dtype)), requires_grad, device)


def full(
    size: Any, fill_value: Scalar, *, dtype: npt.DTypeLike | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor of `fill_value`, whose type sets the dtype unless one is given."""
    made = to_array(fill_value, dtype, copy=False).dtype
    return _make(np.full(normalize_shape("full", (size,)), fill_value, made), requires_grad, device)


def zeros_like(input: Tensor, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return zeros of the shape and dtype of `input`."""
    return zeros(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return ones of the shape and dtype of `input`."""
    return ones(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def arange(
    start: Scalar, end: Scalar | None = None, step: Scalar = 1, *, dtype: npt.DTypeLike | None = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return start, start + step, ... below `end`; ``arange(n)`` counts from 0. Integers give int64."""
    low, high = (0, start) if end is None else (start, end)
    integers = all(isinstance(value, int) for value in (low, high, step))
    wanted = as_dtype(dtype) if dtype is not None else int64 if integers else get_default_dtype()
    return _make(np.arange(low, high, step).astype(wanted), requires_grad, device)


def randn(
    *size: Any, generator: Generator | None = None, dtype: npt.DTypeLike | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples of N(0, 1)."""
    source = default_generator if generator is None else generator
    return _make(source.normal(normalize_shape("randn", size), _floating("randn", dtype)), requires_grad, device)


def rand(
    *size: Any, generator: Generator | None = None, dtype: npt.DTypeLike | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples from the uniform distribution on [0, 1)."""
    source = default_generator if generator is None else generator
    return _make(source.uniform(normalize_shape("rand", size), _floating("rand", dtype)), requires_grad, device)


def _floating(op: str, dtype: npt.DTypeLike | None) -> DType:
    found = _dtype(dtype)
    if not is_floating(found):
        raise RuntimeError(f"{op}: expected a floating-point dtype, got {found}")
    return found


def randint(
    low: int, high: int | Any = None, size: Any = None, *, generator: Generator | None = None,
    dtype: npt.DTypeLike | None = None, device: Any = None,
) -> Tensor:  # fmt: skip
    """Return integers drawn evenly from [low, high); ``randint(high, size)`` draws from [0, high)."""
    if size is None:
        low, high, size = 0, low, high
    source = default_generator if generator is None else generator
    wanted = int64 if dtype is None else as_dtype(dtype)
    values = source.numpy.integers(low, high, normalize_shape("randint", (size,)))
    return _make(np.asarray(values).astype(wanted), device=device)


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """Return the integers 0 … n − 1 in random order."""
    source = default_generator if generator is None else generator
    return _make(source.numpy.permutation(n).astype(np.int64))
