"""Arrays from what users pass as data: numbers, nested sequences, arrays, tensors, and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex, cast

import numpy as np

from tinygrad_cnn._dtypes import as_dtype, check_real, get_default_dtype, is_floating
from tinygrad_cnn._types import Array, DType, DTypeLike, Sizes
from tinygrad_cnn.autograd import Variable


def to_array(data: object, dtype: DTypeLike = None, *, copy: bool) -> Array:
    """Return `data` as an array of a supported dtype.

    Python floats become the default dtype, integers int64; arrays and NumPy scalars keep their dtype.

    Raises:
        TypeError: not an array of numbers, or of complex ones.
        ValueError: nested sequences of unequal lengths.
    """
    wanted = None if dtype is None else as_dtype(dtype)
    if isinstance(data, Variable):
        return data.array.astype(wanted or data.dtype, copy=copy)
    if isinstance(data, Sequence) and any(isinstance(part, Variable) for part in data):
        data = [part.array.tolist() if isinstance(part, Variable) else part for part in data]
    typed = isinstance(data, np.ndarray | np.generic)
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"tensor: expected nested sequences of equal lengths ({error})") from None
    check_real("tensor", array)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"tensor: expected numbers, got {type(data).__name__} with elements of {array.dtype}")
    if wanted is None:
        wanted = as_dtype(array.dtype) if typed or not is_floating(array.dtype) else get_default_dtype()
    return array.astype(wanted, copy=copy)


def constructed(name: str, given: tuple[object, ...], data: object, size: Sizes | None, dtype: DType | None) -> Array:
    """Return what ``Tensor(...)`` or, with a `dtype`, ``FloatTensor(...)`` and its like hold.

    Integers one by one are sizes, of zeros; one sequence or array is data, converted to `dtype`; a tensor is itself;
    nothing at all is no elements.

    Args:
        name: of the class, for messages.
        given: the positional arguments.
        data: the same as one positional argument.
        size: sizes as a sequence.
        dtype: of the result; by default that of a tensor, and for all else the default dtype.

    Raises:
        TypeError: none of these was given, or a tensor of another dtype.
        RuntimeError: a size is negative.
    """
    wanted = get_default_dtype() if dtype is None else dtype
    if (data is not None) + (size is not None) + bool(given) > 1:
        raise TypeError(f"{name}: expected data or sizes, got both")
    one = data if data is not None else given[0] if len(given) == 1 else None
    if isinstance(one, Variable):
        if dtype is not None and one.dtype != dtype:
            raise TypeError(f"{name}: expected a tensor of {dtype}, got {one.dtype}; convert it with .to({dtype})")
        return one.array
    if isinstance(one, np.ndarray) or (isinstance(one, Sequence) and not isinstance(one, str)):
        return to_array(one, wanted, copy=True)
    sizes: tuple[Any, ...] = given if size is None else tuple(cast(Sequence[SupportsIndex], size))
    if data is not None or not all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in sizes):
        found = ", ".join(type(part).__name__ for part in (sizes if data is None else (data,)))
        raise TypeError(
            f"{name}: expected one sequence or array of numbers, or sizes as integers, got {found}; "
            "a number becomes a 0-d tensor by tensor(number)"
        )
    if any(n < 0 for n in sizes):
        raise RuntimeError(f"{name}: expected sizes of at least 0, got {sizes}")
    return np.zeros(sizes or (0,), wanted)
