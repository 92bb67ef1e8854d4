"""`FloatTensor`, `LongTensor` and the like: the old names for tensors of one dtype.

Each makes tensors, as `Tensor` does, and ``isinstance(x, FloatTensor)`` asks for the dtype. The class of every tensor
is `Tensor` all the same.
"""

from __future__ import annotations

from typing import ClassVar, cast

from tinygrad_cnn import _dtypes
from tinygrad_cnn._arrays import constructed
from tinygrad_cnn._types import DType, Sizes
from tinygrad_cnn.autograd import wrap
from tinygrad_cnn.device import DeviceLike, require_cpu
from tinygrad_cnn.tensor import Tensor


class _OfOneDtype(type):
    """Makes a class a constructor of tensors of its `dtype`, and a test for them."""

    dtype: DType

    def __call__(
        cls, *sizes: object, data: object = None, size: Sizes | None = None, device: DeviceLike = None
    ) -> Tensor:
        require_cpu("device", device)
        return cast(Tensor, wrap(constructed(cls.__name__, sizes, data, size, cls.dtype)))

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype


class FloatTensor(metaclass=_OfOneDtype):
    """Make a float32 tensor: of a sequence or array, or of zeros for sizes one by one. New programs use `tensor`."""

    dtype: ClassVar[DType] = _dtypes.float32


class DoubleTensor(metaclass=_OfOneDtype):
    """Make a float64 tensor; see `FloatTensor`."""

    dtype: ClassVar[DType] = _dtypes.float64


class HalfTensor(metaclass=_OfOneDtype):
    """Make a float16 tensor; see `FloatTensor`."""

    dtype: ClassVar[DType] = _dtypes.float16


class LongTensor(metaclass=_OfOneDtype):
    """Make an int64 tensor; see `FloatTensor`."""

    dtype: ClassVar[DType] = _dtypes.int64


class IntTensor(metaclass=_OfOneDtype):
    """Make an int32 tensor; see `FloatTensor`."""

    dtype: ClassVar[DType] = _dtypes.int32


class ShortTensor(metaclass=_OfOneDtype):
    """Make an int16 tensor; see `FloatTensor`."""

    dtype: ClassVar[DType] = _dtypes.int16


class CharTensor(metaclass=_OfOneDtype):
    """Make an int8 tensor; see `FloatTensor`."""

    dtype: ClassVar[DType] = _dtypes.int8


class ByteTensor(metaclass=_OfOneDtype):
    """Make a uint8 tensor; see `FloatTensor`."""

    dtype: ClassVar[DType] = _dtypes.uint8


class BoolTensor(metaclass=_OfOneDtype):
    """Make a tensor of booleans; see `FloatTensor`."""

    dtype: ClassVar[DType] = _dtypes.bool_
