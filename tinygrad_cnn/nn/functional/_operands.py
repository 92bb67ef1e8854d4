"""The arguments that many functions share: checks of tensors, dtypes and reductions, and the argument `inplace`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import cast

from tinygrad_cnn._dtypes import float64, is_floating, uint8
from tinygrad_cnn.ops.inplace import change
from tinygrad_cnn.tensor import Tensor


def check_tensors(op: str, **operands: object) -> None:
    """Raise a TypeError for the first of `operands` that is not a tensor."""
    for name, value in operands.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{op}: expected {name} as a tensor, got {type(value).__name__}")


def of_one_dtype(first: object, second: object, third: object) -> bool:
    """Return whether the operands are tensors that share a dtype object; the third may be None.

    Nearly every call of a layer passes this quick test; where it fails, `check_one_dtype` decides.
    """
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        dtype = first.array.dtype
        return second.array.dtype is dtype and (
            third is None or (isinstance(third, Tensor) and third.array.dtype is dtype)
        )
    return False


def check_operands(op: str, input: object, weight: object, bias: Tensor | None) -> None:
    """Raise unless the operands of a layer are tensors of one dtype; only `bias` may be None."""
    check_tensors(op, input=input, weight=weight)
    check_one_dtype(op, input=input, weight=weight, bias=bias)


def check_one_dtype(op: str, **operands: object) -> None:
    """Raise unless all `operands` except None are tensors of one dtype; the message lists their dtypes."""
    tensors: dict[str, Tensor] = {}
    for name, value in operands.items():
        if value is not None:
            check_tensors(op, **{name: value})
            tensors[name] = cast(Tensor, value)
    if len({tensor.dtype for tensor in tensors.values()}) > 1:
        found = ", ".join(f"{name} {tensor.dtype}" for name, tensor in tensors.items())
        raise RuntimeError(
            f"{op}: expected tensors of one dtype, got {found}; {_likely_fix(*next(iter(tensors.items())))}"
        )


def _likely_fix(name: str, first: Tensor) -> str:
    """Return how to convert the operand called `name` to the dtype of the others, for the common mistakes."""
    if is_floating(first.dtype) and first.dtype != float64:
        return "convert with .float() or .double()"
    if first.dtype == float64:  # NumPy's default
        return f"convert with {name}.float(), or the others with .double()"
    return f"convert with {name}.float()" + (f", images of bytes with {name}.float() / 255" * (first.dtype == uint8))


def check_floating(op: str, name: str, value: Tensor) -> None:
    """Raise unless the operand called `name` is a floating-point tensor."""
    check_tensors(op, **{name: value})
    if not is_floating(value.dtype):
        raise RuntimeError(f"{op}: expected {name} of a floating-point dtype, got {value.dtype}; use .float()")


REDUCTIONS = ("none", "mean", "sum")


def check_reduction(op: str, reduction: str) -> None:
    """Raise a ValueError unless `reduction` is one that every loss supports."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{op}: expected reduction 'none', 'mean' or 'sum', got {reduction!r}")


def which_reduction(size_average: bool | None, reduce: bool | None, reduction: str, stacklevel: int = 3) -> str:
    """Return `reduction`, or the reduction that the two older arguments stand for, with PyTorch's warning."""
    if size_average is None and reduce is None:
        return reduction
    reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction={reduction!r} instead.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return reduction


def apply(
    name: str, op: Callable[..., Tensor], input: Tensor, inplace: bool, *others: Tensor, **attrs: float
) -> Tensor:
    """Return ``op(input, *others, **attrs)``; with `inplace`, write it into `input` and return `input`.

    Raises:
        RuntimeError: in place, `input` is a leaf that requires a gradient while operations are recorded; the message
            begins with `name`.
    """
    return change(name, input, op, *others, **attrs) if inplace else op(input, *others, **attrs)
