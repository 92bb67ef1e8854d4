"""The dtypes by PyTorch's names, the default dtype, and PyTorch's promotion rule.

A dtype here *is* a NumPy dtype, so ``x.dtype == np.float32`` and ``x.dtype == tinygrad_cnn.float32`` are both true.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tinygrad_cnn._types import Array, DType, Scalar

float16: DType = np.dtype(np.float16)
float32: DType = np.dtype(np.float32)
float64: DType = np.dtype(np.float64)
int8: DType = np.dtype(np.int8)
int16: DType = np.dtype(np.int16)
int32: DType = np.dtype(np.int32)
int64: DType = np.dtype(np.int64)
uint8: DType = np.dtype(np.uint8)
bool_: DType = np.dtype(np.bool_)

half, double, short, long = float16, float64, int16, int64

_SUPPORTED = (bool_, uint8, int8, int16, int32, int64, float16, float32, float64)
_default = float32


def get_default_dtype() -> DType:
    """Return the dtype that Python floats become (float32 unless `set_default_dtype` was called)."""
    return _default


def set_default_dtype(dtype: npt.DTypeLike) -> None:
    """Set the dtype that Python floats become.

    Args:
        dtype: float16, float32 or float64.

    Raises:
        TypeError: `dtype` is not a floating-point type.
    """
    global _default
    wanted = as_dtype(dtype)
    if wanted.kind != "f":
        raise TypeError(f"set_default_dtype: expected a floating-point dtype, got {wanted}")
    _default = wanted


def as_dtype(dtype: npt.DTypeLike) -> DType:
    """Return `dtype` as one of the supported NumPy dtypes, or raise a TypeError that lists them."""
    try:
        found = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(f"expected a dtype such as tinygrad_cnn.float32, got {dtype!r}") from error
    if found not in _SUPPORTED:
        names = ", ".join(str(one) for one in _SUPPORTED)
        raise TypeError(f"dtype {found} is not supported; expected one of {names}")
    return found


def is_floating(dtype: DType) -> bool:
    """Return whether gradients can flow through values of `dtype`."""
    return dtype.kind == "f"


def check_real(op: str, value: object) -> None:
    """Raise a TypeError if `value`, a number or an array, is complex."""
    if isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c":
        what = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"the complex number {value}"
        raise TypeError(
            f"{op}: expected real numbers, got {what}; complex numbers are not supported, so keep the real and the "
            "imaginary part in two tensors"
        )


def _category(value: Array | Scalar) -> int:
    """Return 0 for bool, 1 for integers, 2 for floating point: the order in which categories win."""
    check_real("arithmetic with a tensor", value)
    if isinstance(value, np.ndarray):
        return {"b": 0, "u": 1, "i": 1, "f": 2}[value.dtype.kind]
    return 0 if isinstance(value, bool) else 1 if isinstance(value, int) else 2


def result_type(values: Iterable[Array | Scalar]) -> DType:
    """Return the dtype of an operation on `values` by PyTorch's rule.

    Arrays with axes outrank 0-d arrays, which outrank Python scalars. A lower rank changes the result only where
    it is of a higher category (bool < integer < floating point); within the deciding rank NumPy's table applies.
    An integer array with a Python float gives the default dtype.
    """
    ranks: tuple[list[Array | Scalar], ...] = ([], [], [])
    for value in values:
        if isinstance(value, np.ndarray):
            ranks[0 if value.ndim else 1].append(value)
        else:
            ranks[2].append(value)
    best: DType | None = None
    category = -1
    for rank in ranks:
        if not rank:
            continue
        top = max(_category(value) for value in rank)
        if top <= category:
            continue
        category = top
        arrays = [value.dtype for value in rank if isinstance(value, np.ndarray)]
        if arrays:
            best = _promote_types(arrays)
        else:
            best = (bool_, int64, _default)[top]
    if best is None:
        raise TypeError("result_type: expected at least one value")
    return best


def _promote_types(dtypes: list[DType]) -> DType:
    """Return the common dtype of arrays of one rank; an integer beside a float takes the float's dtype."""
    floats = [dtype for dtype in dtypes if dtype.kind == "f"]
    result = floats[0] if floats else dtypes[0]
    for dtype in floats or dtypes:
        result = np.promote_types(result, dtype)
    return result
