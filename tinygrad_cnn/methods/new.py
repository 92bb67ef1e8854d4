"""New tensors of the dtype of an existing tensor."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from tinygrad_cnn._arrays import to_array
from tinygrad_cnn._checks import normalize_shape
from tinygrad_cnn._dtypes import as_dtype
from tinygrad_cnn._types import Array, DType, DTypeLike, Scalar, Sizes
from tinygrad_cnn.autograd import Variable, wrap
from tinygrad_cnn.device import DeviceLike, require_cpu


class New(Variable):
    """New tensors of the dtype of an existing tensor; sizes one by one or as a sequence."""

    __slots__ = ()

    def new_tensor(
        self,
        data: object,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Self:
        """Return a tensor with a copy of `data`, of the dtype of this tensor unless another is given."""
        made = to_array(data, self.dtype if dtype is None else dtype, copy=True)
        return _made(made, device, requires_grad)

    def new_zeros(
        self,
        *size: Sizes,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Self:
        """Return zeros of the dtype of this tensor, or of `dtype`."""
        return _made(np.zeros(*_like(self, "new_zeros", size, dtype)), device, requires_grad)

    def new_ones(
        self,
        *size: Sizes,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Self:
        """Return ones of the dtype of this tensor, or of `dtype`."""
        return _made(np.ones(*_like(self, "new_ones", size, dtype)), device, requires_grad)

    def new_empty(
        self,
        *size: Sizes,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Self:
        """Return a tensor of the dtype of this one, or of `dtype`, whose values are whatever the memory held."""
        return _made(np.empty(*_like(self, "new_empty", size, dtype)), device, requires_grad)

    def new_full(
        self,
        size: Sizes,
        fill_value: Scalar | Variable,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Self:
        """Return `fill_value` everywhere, in the dtype of this tensor, or in `dtype`."""
        shape, wanted = _like(self, "new_full", (size,), dtype)
        value = fill_value.array.item() if isinstance(fill_value, Variable) else fill_value
        return _made(np.full(shape, np.asarray(value).astype(wanted), wanted), device, requires_grad)


def _like(tensor: Variable, op: str, size: tuple[Sizes, ...], dtype: DTypeLike) -> tuple[tuple[int, ...], DType]:
    """Return the sizes, checked, and `dtype` or that of `tensor`."""
    shape = normalize_shape(op, size)
    if min(shape, default=0) < 0:
        raise RuntimeError(f"{op}: expected sizes of at least 0, got {shape}")
    return shape, tensor.dtype if dtype is None else as_dtype(dtype)


def _made(array: Array, device: DeviceLike, requires_grad: bool) -> Any:
    require_cpu("device", device)
    result: Any = wrap(array)
    if requires_grad:
        result.requires_grad = True
    return result
