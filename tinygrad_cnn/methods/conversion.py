"""Another dtype, another device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tinygrad_cnn import ops
from tinygrad_cnn._dtypes import as_dtype, bool_, float32, float64, int32, int64, uint8
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.device import Device

if TYPE_CHECKING:
    from tinygrad_cnn.tensor import Tensor


class Conversion(Variable):
    """Another dtype, another device."""

    __slots__ = ()

    def to(self: Any, *args: Any, device: Any = None, dtype: npt.DTypeLike | None = None) -> Tensor:
        """Return the tensor with another dtype; itself where nothing changes. A device must be the CPU.

        Accepts ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(other_tensor)`` and keywords.
        """
        for arg in args:
            if isinstance(arg, Variable):
                dtype = arg.dtype
            elif isinstance(arg, Device | str) and not isinstance(arg, np.dtype):
                device = arg
            else:
                dtype = arg
        if device is not None:
            Device(device)
        wanted = self.dtype if dtype is None else as_dtype(dtype)
        return self if wanted == self.dtype else ops.cast(self, dtype=wanted)

    def type_as(self: Any, other: Tensor) -> Tensor:
        """Return the tensor with the dtype of `other`."""
        return self.to(other.dtype)

    def float(self: Any) -> Tensor:
        """Return the tensor as float32."""
        return self.to(float32)

    def double(self: Any) -> Tensor:
        """Return the tensor as float64."""
        return self.to(float64)

    def long(self: Any) -> Tensor:
        """Return the tensor as int64."""
        return self.to(int64)

    def int(self: Any) -> Tensor:
        """Return the tensor as int32."""
        return self.to(int32)

    def byte(self: Any) -> Tensor:
        """Return the tensor as uint8."""
        return self.to(uint8)

    def bool(self: Any) -> Tensor:
        """Return the tensor as booleans: whether each element is not zero."""
        return self.to(bool_)

    def cpu(self: Any) -> Tensor:
        """Return the tensor, which is on the CPU already."""
        return self
