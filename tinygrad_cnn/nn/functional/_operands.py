"""Checks of the tensors that a function takes: that they are tensors, and of one dtype."""

from __future__ import annotations

import warnings
from typing import cast

from tinygrad_cnn._dtypes import float64, is_floating, uint8
from tinygrad_cnn.tensor import Tensor


def check_tensors(op: str, **operands: object) -> None:
    """Raise a TypeError for the first of `operands` that is no tensor."""
    for name, value in operands.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{op}: expected {name} as a tensor, got {type(value).__name__}")


def of_one_dtype(first: object, second: object, third: object) -> bool:
    """Tell at once whether operands, of which the third may be None, are tensors that share a dtype object.

    It is so in nearly every call of a layer; where it is not, `check_one_dtype` says whether that is wrong.
    """
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        dtype = first.array.dtype
        return second.array.dtype is dtype and (
            third is None or (isinstance(third, Tensor) and third.array.dtype is dtype)
        )
    return False


def check_operands(op: str, input: object, weight: object, bias: Tensor | None) -> None:
    """Raise unless the operands of a layer are tensors of one dtype, of which `bias` alone may be None."""
    check_tensors(op, input=input, weight=weight)
    check_one_dtype(op, input=cast(Tensor, input), weight=cast(Tensor, weight), bias=bias)


def check_one_dtype(op: str, **operands: Tensor | None) -> None:
    """Raise unless all of `operands` that are given are tensors of one dtype; the message names each one's."""
    dtype = None
    for name, value in operands.items():
        if value is None:
            continue
        if not isinstance(value, Tensor):
            raise TypeError(f"{op}: expected {name} as a tensor, got {type(value).__name__}")
        if dtype is not None and value.array.dtype != dtype:
            found = ", ".join(f"{name} {value.dtype}" for name, value in operands.items() if value is not None)
            raise RuntimeError(f"{op}: expected tensors of one dtype, got {found}; {_likely_fix(operands)}")
        dtype = value.array.dtype


def _likely_fix(operands: dict[str, Tensor | None]) -> str:
    """Return how to bring the first of `operands` to the dtype of the others, for the common mistakes."""
    (name, first), *_ = operands.items()
    if first is None or (is_floating(first.dtype) and first.dtype != float64):
        return "convert with .float() or .double()"
    if first.dtype == float64:  # what NumPy makes unless told otherwise
        return f"convert with {name}.float(), or what it meets with .double()"
    return f"convert with {name}.float()" + (f", images of bytes with {name}.float() / 255" * (first.dtype == uint8))


def check_floating(op: str, name: str, value: Tensor) -> None:
    """Raise unless `value` is a floating-point tensor."""
    check_tensors(op, **{name: value})
    if not is_floating(value.dtype):
        raise RuntimeError(f"{op}: expected {name} of a floating-point dtype, got {value.dtype}; use .float()")


REDUCTIONS = ("none", "mean", "sum")


def check_reduction(op: str, reduction: str) -> None:
    """Raise unless `reduction` is one that losses know."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{op}: expected reduction 'none', 'mean' or 'sum', got {reduction!r}")


def legacy_reduction(size_average: bool | None, reduce: bool | None, stacklevel: int = 3) -> str:
    """Return the `reduction` that the two arguments stood for before there was one, with PyTorch's warning."""
    reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction={reduction!r} instead.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return reduction
