"""`Parameter`: a tensor that a module owns and trains."""

from __future__ import annotations

from typing import Self

from tinygrad_cnn.tensor import Tensor

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A tensor that becomes a parameter of the module it is assigned to.

    Args:
        data: a tensor; the parameter shares its memory, but not its history. None gives a parameter without elements.
        requires_grad: whether to compute gradients with respect to it.

    Raises:
        TypeError: `data` is not a tensor.
    """

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Self:
        """Make a parameter; see the class."""
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter: expected a tensor, got {type(data).__name__}; make one with tensor(data)")
        return cls._over(data.array, requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
