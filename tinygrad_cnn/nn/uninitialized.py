"""`UninitializedParameter` and `UninitializedBuffer`: tensors whose shape is not known yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn, Self, cast

import numpy as np
import numpy.typing as npt

from tinygrad_cnn._types import Array, DType
from tinygrad_cnn.autograd import Variable, wrap
from tinygrad_cnn.creation import empty
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

_slot: Any = Variable.__dict__["array"]
"""Where tensors keep their values; here an empty array that knows the dtype, behind a property that refuses."""

_FIX = "call the model on an example input first, which gives every lazy layer its size"


class Uninitialized(Tensor):
    """What `UninitializedParameter` and `UninitializedBuffer` share: a dtype, and the refusal of everything else.

    It can be listed, converted to another dtype and copied; everything that needs values or a shape is refused.
    `materialize` turns the very same object into what it stands for.
    """

    __slots__ = ()

    becomes: ClassVar[type[Tensor]]

    @classmethod
    def _reserve(cls, requires_grad: bool, device: Any, dtype: npt.DTypeLike | None) -> Self:
        made = object.__new__(cls)
        _slot.__set__(made, empty(0, dtype=dtype, device=device).array)
        made._requires_grad = False
        made._grad = None
        made._node = None
        made._view = None
        made.requires_grad = requires_grad
        return made

    def materialize(self, shape: Sequence[int], device: Any = None, dtype: npt.DTypeLike | None = None) -> None:
        """Become a tensor of `shape`, its values undefined."""
        made = empty(tuple(shape), dtype=self.dtype if dtype is None else dtype, device=device)
        self.__class__ = self.becomes  # type: ignore[assignment]
        _slot.__set__(self, made.array)

    def _what(self) -> str:
        return f"uninitialized {'parameter' if isinstance(self, Parameter) else 'buffer'}"

    @property
    def array(self) -> Array:  # type: ignore[override]
        """Refused: there are no values yet."""
        raise ValueError(f"{self._what()}: expected one with values; {_FIX}")

    @property
    def shape(self) -> NoReturn:
        """Refused: it is not known yet."""
        raise RuntimeError(f"{self._what()}: its shape is not known yet; {_FIX}")

    @property
    def dtype(self) -> DType:
        """Type of the elements there will be."""
        return cast(DType, _slot.__get__(self).dtype)

    @property
    def data(self) -> Tensor:
        """An empty tensor of the dtype. Assigning another changes the dtype."""
        return cast(Tensor, wrap(_slot.__get__(self)))

    @data.setter
    def data(self, value: Tensor) -> None:
        _slot.__set__(self, np.empty(0, value.dtype))

    def detach(self) -> Tensor:
        """Return the tensor itself, so that a state_dict can list it."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Uninitialized:
        twin = self._reserve(self._requires_grad, None, self.dtype)
        memo[id(self)] = twin
        return twin

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self._requires_grad, None, self.dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(Uninitialized, Parameter):
    """A parameter with a dtype and no shape, held by a lazy layer until its first call.

    It can be listed, frozen, converted to another dtype, copied, and kept by an optimizer that does not ask for its
    size; everything that needs values or a shape is refused. `materialize` turns the very same object into a
    `Parameter`.

    Args:
        requires_grad: whether to compute gradients with respect to it.
        device: the CPU.
        dtype: the default dtype by default.
    """

    __slots__ = ()

    becomes = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: npt.DTypeLike | None = None) -> Self:
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

    def __new__(cls, requires_grad: bool = False, device: Any = None, dtype: npt.DTypeLike | None = None) -> Self:
        """Make one without values; see the class."""
        return cls._reserve(requires_grad, device, dtype)
