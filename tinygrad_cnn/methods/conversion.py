"""Another dtype, another device."""

from __future__ import annotations

import builtins
from typing import Any, NoReturn, Self

import numpy as np
import numpy.typing as npt

from tinygrad_cnn import ops
from tinygrad_cnn._dtypes import as_dtype, bool_, float16, float32, float64, int8, int16, int32, int64, uint8
from tinygrad_cnn._types import DType, DTypeLike
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.device import Device, DeviceLike, missing, require_cpu
from tinygrad_cnn.memory_format import MemoryFormat, preserve_format

_TYPES = {
    "FloatTensor": float32, "DoubleTensor": float64, "HalfTensor": float16, "ByteTensor": uint8, "CharTensor": int8,
    "ShortTensor": int16, "IntTensor": int32, "LongTensor": int64, "BoolTensor": bool_,
}  # fmt: skip
"""PyTorch's names of tensors by their dtype."""


class Conversion(Variable):
    """Another dtype, another device."""

    __slots__ = ()

    def to(
        self,
        *args: Any,
        device: DeviceLike = None,
        dtype: DTypeLike = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
        memory_format: MemoryFormat = preserve_format,
    ) -> Self:
        """Return the tensor with another dtype; itself where nothing changes. A device must be the CPU.

        Accepts ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(other_tensor)`` and keywords, each followed
        by `non_blocking`, without meaning on the CPU, and `copy`, which asks for a copy in any case.
        """
        flags = [arg for arg in args if isinstance(arg, builtins.bool)]
        if len(flags) > 2:
            raise TypeError(f"to: expected non_blocking and copy as the only flags, got {flags}")
        non_blocking, copy = (*flags, *(non_blocking, copy)[len(flags) :])
        for arg in args[: len(args) - len(flags)]:
            if isinstance(arg, Variable):
                dtype = arg.dtype
            elif isinstance(arg, Device | str) and not isinstance(arg, np.dtype):
                device = arg
            else:
                dtype = arg
        require_cpu("to", device)
        wanted = self.dtype if dtype is None else as_dtype(dtype)
        if wanted != self.dtype:
            return ops.contiguous(ops.cast(self, dtype=wanted), memory_format)
        return ops.clone(self, memory_format=memory_format) if copy else ops.contiguous(self, memory_format)

    def type(
        self,
        dtype: Any = None,
        non_blocking: builtins.bool = False,  # noqa: ARG002 - nothing blocks on the CPU
    ) -> Any:
        """Return the name of the tensor's type, ``'torch.FloatTensor'``; or the tensor with another dtype.

        Args:
            dtype: a dtype, such a name, or such a class.
            non_blocking: without meaning on the CPU.

        Raises:
            ValueError: there is no such type.
        """
        if dtype is None:
            return "torch." + next(name for name, one in _TYPES.items() if one == self.dtype)
        return self.to(_named(dtype))

    def type_as(self, other: Variable) -> Self:
        """Return the tensor with the dtype of `other`."""
        return self.to(other.dtype)

    def float(self) -> Self:
        """Return the tensor as float32."""
        return self.to(float32)

    def double(self) -> Self:
        """Return the tensor as float64."""
        return self.to(float64)

    def half(self) -> Self:
        """Return the tensor as float16."""
        return self.to(float16)

    def bfloat16(self) -> NoReturn:
        """Raise: NumPy has no bfloat16."""
        raise TypeError("bfloat16: NumPy has no such dtype; use .half() for 16 bits, or .float()")

    def long(self) -> Self:
        """Return the tensor as int64."""
        return self.to(int64)

    def int(self) -> Self:
        """Return the tensor as int32."""
        return self.to(int32)

    def short(self) -> Self:
        """Return the tensor as int16."""
        return self.to(int16)

    def byte(self) -> Self:
        """Return the tensor as uint8."""
        return self.to(uint8)

    def bool(self) -> Self:
        """Return the tensor as booleans: whether each element is not zero."""
        return self.to(bool_)

    @property
    def is_cuda(self) -> builtins.bool:
        """Whether the values are on a GPU: never."""
        return False

    @property
    def is_sparse(self) -> builtins.bool:
        """Whether only some of the values are stored: never."""
        return False

    def cpu(self, memory_format: MemoryFormat = preserve_format) -> Self:
        """Return the tensor, which is on the CPU already."""
        return ops.contiguous(self, memory_format)

    def cuda(
        self,
        device: DeviceLike = None,  # noqa: ARG002
        non_blocking: builtins.bool = False,  # noqa: ARG002
        memory_format: MemoryFormat = preserve_format,  # noqa: ARG002
    ) -> NoReturn:
        """Raise, as PyTorch does without a GPU.

        Raises:
            DeviceError: everything here computes on the CPU.
        """
        raise missing("cuda")


def _named(kind: npt.DTypeLike) -> DType:
    """Return the dtype that a dtype, the name of a type or a class stands for."""
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", "") if isinstance(kind, type) else ""
    if name.startswith("torch.cuda."):
        raise missing("type")
    if name.removeprefix("torch.") in _TYPES:
        return _TYPES[name.removeprefix("torch.")]
    if isinstance(kind, str):
        raise ValueError(f"type: expected a name such as 'torch.FloatTensor', got {kind!r}")
    return as_dtype(kind)
