"""Functions that draw random tensors of a given size."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._dtypes import as_dtype, int64, is_floating
from tinygrad_cnn._types import DType, DTypeLike, Sizes
from tinygrad_cnn.creation import dtype_or_default, make, shape_and_dtype, sizes_of
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.random import Generator, default_generator
from tinygrad_cnn.tensor import Tensor


def randn(
    *sizes: Sizes, size: Sizes | None = None, generator: Generator | None = None, dtype: DTypeLike = None,
    device: DeviceLike = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples of N(0, 1)."""
    source = generator or default_generator
    return make(source.normal(sizes_of("randn", sizes, size), _floating("randn", dtype)), requires_grad, device)


def rand(
    *sizes: Sizes, size: Sizes | None = None, generator: Generator | None = None, dtype: DTypeLike = None,
    device: DeviceLike = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples from the uniform distribution on [0, 1)."""
    source = generator or default_generator
    return make(source.uniform(sizes_of("rand", sizes, size), _floating("rand", dtype)), requires_grad, device)


def _floating(op: str, dtype: DTypeLike) -> DType:
    found = dtype_or_default(dtype)
    if not is_floating(found):
        raise RuntimeError(f"{op}: expected a floating-point dtype, got {found}")
    return found


def normal(
    mean: Tensor | float = 0.0,
    std: Tensor | float = 1.0,
    size: Sizes | None = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return samples of N(mean, std²), a mean and a deviation for each element; numbers need a `size`.

    Raises:
        RuntimeError: a deviation is negative, or shapes or dtypes do not fit.
        TypeError: `mean` and `std` are numbers without `size`, or `size` comes with a tensor.
    """
    given = [one for one in (mean, std) if isinstance(one, Tensor)]
    if bool(given) == (size is not None):
        raise TypeError(
            f"normal: expected size with numbers, and without it tensors, got {mean!r}, {std!r} and {size!r}"
        )
    if any(not is_floating(one.dtype) for one in given):
        raise RuntimeError("normal: expected a floating-point mean and std; convert them with .float()")
    middle, spread = (one.array if isinstance(one, Tensor) else np.asarray(one) for one in (mean, std))
    if spread.size and not spread.min() >= 0:
        raise RuntimeError(f"normal: expected std of at least 0, got {spread.min()}")
    wanted = given[0].dtype if given else dtype_or_default(dtype)
    try:
        shape = np.broadcast_shapes(middle.shape, spread.shape) if size is None else normalize_shape("normal", (size,))
    except ValueError:
        raise RuntimeError(f"normal: shapes {middle.shape} and {spread.shape} do not broadcast") from None
    samples = (generator or default_generator).normal(shape, wanted)
    return make((samples * spread + middle).astype(wanted), requires_grad, device)


def randint(
    low: int = 0, high: Sizes | None = None, size: Sizes | None = None, *, generator: Generator | None = None,
    dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return integers drawn evenly from [low, high); ``randint(high, size)`` draws from [0, high).

    Raises:
        RuntimeError: there is no integer from `low` to below `high`, or `dtype` does not hold them all.
    """
    if size is None:
        low, high, size = 0, low, high
    limits: tuple[Sizes, ...] = (0, low) if high is None else (low, high)
    first, end = normalize_shape("randint", limits)
    if first >= end:
        raise RuntimeError(f"randint: expected low < high, got {first} and {end}")
    wanted = _holding("randint", (first, end - 1), dtype)
    source = generator or default_generator
    values = source.numpy.integers(first, end, sizes_of("randint", (), size))
    return make(np.asarray(values).astype(wanted), requires_grad, device)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: DTypeLike = None, device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the integers 0 … n − 1 in random order.

    Raises:
        RuntimeError: `n` is negative, or `dtype` does not hold n − 1.
    """
    (length,) = sizes_of("randperm", (n,))
    wanted = _holding("randperm", (0, max(length - 1, 0)), dtype)
    source = generator or default_generator
    return make(source.numpy.permutation(length).astype(wanted), requires_grad, device)


def _holding(op: str, values: tuple[int, int], dtype: DTypeLike) -> DType:
    """Return `dtype`, int64 by default, checked to hold `values`."""
    wanted = int64 if dtype is None else as_dtype(dtype)
    for value in values:
        if wanted.kind in "iu" and not np.iinfo(wanted).min <= value <= np.iinfo(wanted).max:
            raise RuntimeError(f"{op}: expected numbers that fit into {wanted}, got {value}")
    return wanted


def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: DTypeLike = None, device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples from the uniform distribution on [0, 1), of the shape and dtype of `input`."""
    shape, wanted = shape_and_dtype("rand_like", input, dtype)
    return rand(shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)


def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: DTypeLike = None, device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return samples of N(0, 1), of the shape and dtype of `input`."""
    shape, wanted = shape_and_dtype("randn_like", input, dtype)
    return randn(shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)


def randint_like(
    input: Tensor, low: int, high: int | None = None, *, generator: Generator | None = None,
    dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return integers drawn evenly from [low, high), or from [0, low), of the shape and dtype of `input`."""
    shape, wanted = shape_and_dtype("randint_like", input, dtype)
    return randint(low, high, shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)
