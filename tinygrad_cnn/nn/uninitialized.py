"""`UninitializedParameter` and `UninitializedBuffer`: tensors whose shape is not known yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn, Self, SupportsIndex

import numpy as np
import numpy.typing as npt

from tinygrad_cnn._types import Array, DType
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.creation import empty, from_numpy
from tinygrad_cnn.device import DeviceLike
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

__all__ = ["UninitializedBuffer", "UninitializedParameter"]

_slot: Any = Variable.__dict__["array"]
"""The slot in which tensors keep their array: here an empty one of the right dtype, hidden by a property."""

_FIX = "call the model on an example input first, which gives every lazy layer its size"


class Uninitialized(Tensor):
    """Base of `UninitializedParameter` and `UninitializedBuffer`: a tensor that has a dtype, but no shape yet.

    It can be listed, converted to another dtype and copied; whatever needs values or a shape raises an error.
    `materialize` turns the same object into a `Parameter` or `Tensor`.
    """

    __slots__ = ()

    becomes: ClassVar[type[Tensor]]

    @classmethod
    def _reserve(cls, requires_grad: bool, device: DeviceLike, dtype: npt.DTypeLike | None) -> Self:
        made = object.__new__(cls)
        _slot.__set__(made, empty(0, dtype=dtype, device=device).array)
        made._requires_grad = False
        made._grad = None
        made._node = None
        made._view = None
        made.requires_grad = requires_grad
        return made

    def materialize(self, shape: Sequence[int], device: DeviceLike = None, dtype: npt.DTypeLike | None = None) -> None:
        """Become a tensor of `shape`, its values undefined."""
        made = empty(tuple(shape), dtype=self.dtype if dtype is None else dtype, device=device)
        object.__setattr__(self, "__class__", self.becomes)
        _slot.__set__(self, made.array)

    def _what(self) -> str:
        return f"uninitialized {'parameter' if isinstance(self, Parameter) else 'buffer'}"

    @property
    def array(self) -> Array:  # type: ignore[override]
        """Raise a ValueError: there are no values yet."""
        raise ValueError(f"{self._what()}: expected one with values; {_FIX}")

    @property
    def shape(self) -> NoReturn:
        """Raise a RuntimeError: the shape is not known yet."""
        raise RuntimeError(f"{self._what()}: its shape is not known yet; {_FIX}")

    @property
    def dtype(self) -> DType:
        """Type of the elements."""
        dtype: DType = _slot.__get__(self).dtype
        return dtype

    @property
    def data(self) -> Tensor:
        """An empty tensor of the dtype. Assigning a tensor changes the dtype."""
        return from_numpy(_slot.__get__(self))

    @data.setter
    def data(self, value: Tensor) -> None:
        _slot.__set__(self, np.empty(0, value.dtype))

    def detach(self) -> Tensor:
        """Return the tensor itself, so that a state_dict can list it."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Uninitialized:
        clone = self._reserve(self._requires_grad, None, self.dtype)
        memo[id(self)] = clone
        return clone

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[object, ...]:
        return type(self), (self._requires_grad, None, self.dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(Uninitialized, Parameter):
    """A parameter with a dtype and no shape, held by a lazy layer until its first call.

    It can be listed, frozen, converted to another dtype, copied, and kept by an optimizer that does not ask for its
    size; whatever needs values or a shape raises an error. `materialize` turns the same object into a `Parameter`.

    Args:
        requires_grad: whether to compute gradients with respect to it.
        device: the CPU.
        dtype: the default dtype by default.
    """

    __slots__ = ()

    becomes = Parameter

    def __new__(cls, requires_grad: bool = True, device: DeviceLike = None, dtype: npt.DTypeLike | None = None) -> Self:
        """Make one without values; see the class."""
        return cls._reserve(requires_grad, device, dtype)


class UninitializedBuffer(Uninitialized):
    """A buffer with a dtype and no shape, held by a lazy layer until its first call.

    Args:
        requires_grad: whether to compute gradients with respect to it.
        device: the CPU.
        dtype: the default dtype by default.
    """

    __slots__ = ()

    becomes = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: DeviceLike = None, dtype: npt.DTypeLike | None = None
    ) -> Self:
        """Make one without values; see the class."""
        return cls._reserve(requires_grad, device, dtype)
