"""`Parameter`: a tensor that a module owns and trains."""

from __future__ import annotations

from tinygrad_cnn.tensor import Tensor


class Parameter(Tensor):
    """A tensor that becomes a parameter of the module it is assigned to.

    Args:
        data: a tensor; its memory is shared and its history left behind.
        requires_grad: whether to compute gradients with respect to it.

    Raises:
        TypeError: `data` is no tensor.
    """

    __slots__ = ()

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter: expected a tensor, got {type(data).__name__}; make one with tensor(data)")
        self.array = data.array
        self._requires_grad = False
        self._grad = None
        self._node = None
        self._view = None
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
